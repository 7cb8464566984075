"""The addresses of the board. The tasks' are short, because people send them to each other."""

from django.urls import path
from django.views.i18n import set_language

from djirgo.web.board.views import BoardPage, CardsPage, ColumnPage, NewTask, NextTask
from djirgo.web.doorway import favicon, home
from djirgo.web.mine.access import Access, CloseBot, DeleteToken, NewBot, NewToken
from djirgo.web.mine.views import Mine
from djirgo.web.palette import Palette
from djirgo.web.people.views import LogIn, NewPassword, Register, log_out
from djirgo.web.preferences import choose_theme
from djirgo.web.project.giving_out import GivingOut
from djirgo.web.project.members import Admit, Availability, ChangeMember, Join, RemoveMember
from djirgo.web.project.views import DeleteProject, NewProject, Policy, Settings
from djirgo.web.queue.views import Queue
from djirgo.web.reports.views import ReportFile, Reports
from djirgo.web.task.comments import AddComment, DeleteComment, EditComment, WatchTask
from djirgo.web.task.times import AddTime, CorrectTime
from djirgo.web.task.views import (
    AssignTask,
    DeleteTask,
    FailTask,
    MoveTask,
    TakeForAWhile,
    TaskPage,
    TextForm,
    UseVerb,
)
from djirgo.web.team.views import Team

urlpatterns = [
    path("", home, name="home"),
    path("projects/<int:project>/", BoardPage.as_view(), name="board"),
    path("projects/<int:project>/cards/", CardsPage.as_view(), name="cards"),
    path("projects/<int:project>/columns/<slug:status>/", ColumnPage.as_view(), name="column"),
    path("projects/<int:project>/tasks/", NewTask.as_view(), name="new-task"),
    path("projects/<int:project>/next/", NextTask.as_view(), name="next-task"),
    path("projects/new/", NewProject.as_view(), name="new-project"),
    path("projects/<int:project>/settings/", Settings.as_view(), name="settings"),
    path("projects/<int:project>/policy/", Policy.as_view(), name="policy"),
    path("projects/<int:project>/giving-out/", GivingOut.as_view(), name="giving-out"),
    path("projects/<int:project>/members/", Admit.as_view(), name="admit"),
    path("projects/<int:project>/members/join/", Join.as_view(), name="join"),
    path("projects/<int:project>/members/me/", Availability.as_view(), name="availability"),
    path("projects/<int:project>/members/<int:member>/", ChangeMember.as_view(), name="change-member"),
    path("projects/<int:project>/members/<int:member>/remove/", RemoveMember.as_view(), name="remove-member"),
    path("projects/<int:project>/delete/", DeleteProject.as_view(), name="delete-project"),
    path("projects/<int:project>/team/", Team.as_view(), name="team"),
    path("projects/<int:project>/queue/", Queue.as_view(), name="queue"),
    path("projects/<int:project>/reports/", Reports.as_view(), name="reports"),
    path("projects/<int:project>/reports/<slug:name>.csv", ReportFile.as_view(), name="report-file"),
    path("mine/", Mine.as_view(), name="mine"),
    path("mine/access/", Access.as_view(), name="access"),
    path("mine/bots/", NewBot.as_view(), name="new-bot"),
    path("mine/bots/<int:bot>/close/", CloseBot.as_view(), name="close-bot"),
    path("mine/tokens/", NewToken.as_view(), name="new-token"),
    path("mine/tokens/<int:token>/delete/", DeleteToken.as_view(), name="delete-token"),
    path("tasks/<int:pk>/", TaskPage.as_view(), name="task"),
    path("tasks/<int:pk>/text/", TextForm.as_view(), name="task-text"),
    path("tasks/<int:pk>/move/", MoveTask.as_view(), name="move-task"),
    path("tasks/<int:pk>/assign/", AssignTask.as_view(), name="assign-task"),
    path("tasks/<int:pk>/fail/", FailTask.as_view(), name="fail-task"),
    path("tasks/<int:pk>/delete/", DeleteTask.as_view(), name="delete-task"),
    path("tasks/<int:pk>/lease/", TakeForAWhile.as_view(), name="lease-task"),
    path("tasks/<int:pk>/comments/", AddComment.as_view(), name="add-comment"),
    path("tasks/<int:pk>/comments/<int:comment>/", EditComment.as_view(), name="edit-comment"),
    path("tasks/<int:pk>/comments/<int:comment>/delete/", DeleteComment.as_view(), name="delete-comment"),
    path("tasks/<int:pk>/times/", AddTime.as_view(), name="add-time"),
    path("tasks/<int:pk>/times/<int:interval>/", CorrectTime.as_view(), name="correct-time"),
    path("tasks/<int:pk>/watch/", WatchTask.as_view(), name="watch-task"),
    path("tasks/<int:pk>/<slug:verb>/", UseVerb.as_view(), name="use-verb"),
    path("palette/", Palette.as_view(), name="palette"),
    path("register/", Register.as_view(), name="register"),
    path("log-in/", LogIn.as_view(), name="log-in"),
    path("log-out/", log_out, name="log-out"),
    path("password/", NewPassword.as_view(), name="password"),
    path("favicon.ico", favicon, name="favicon"),
    path("theme/", choose_theme, name="theme"),
    path("language/", set_language, name="set_language"),
]
