"""Who is in the demonstration, and what there is to do. Everything is made up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    skills: tuple[str, ...]
    #: How many tasks they are given at once.
    limit: int
    #: How many hours a task takes them, more or less.
    hours: float


#: The first of them founds the projects, and is who one logs in as.
PEOPLE = (
    Person("maria", ("design", "web"), 4, 2.0),
    Person("james", ("web", "api"), 3, 2.6),
    Person("yuki", ("api", "database"), 3, 2.2),
    Person("omar", ("database", "ops"), 3, 3.0),
    Person("lena", ("design", "docs", "web"), 4, 1.7),
)
#: Nobody is always there.
AWAY = "omar"
BOT = Person("reindexer", ("nightly",), 2, 0.4)

SHOP, HOUSE = "Web shop", "Moving house"

#: Text, labels, hours.
Work = tuple[str, tuple[str, ...]]

WEB_SHOP: tuple[Work, ...] = (
    ("Checkout forgets the delivery address after a failed payment", ("web",)),
    ("Let people pay by invoice", ("api", "web")),
    ("Product pictures are blurry on wide screens", ("design",)),
    ("Search finds nothing with a typo in it", ("api", "database")),
    ("Orders of the last year take ten seconds to list", ("database",)),
    ("Write down how returns work", ("docs",)),
    ("The basket jumps when a coupon is applied", ("web",)),
    ("Move the backups to the new server", ("ops",)),
    ("New pictures for the front page", ("design",)),
    ("Export orders for the accountant", ("api",)),
    ("E-mails to customers end up as spam", ("ops",)),
    ("Keyboard focus is lost in the size chooser", ("web", "design")),
    ("Gift cards cannot be used twice", ("api",)),
    ("Stock is wrong after a cancelled order", ("database", "api")),
    ("The price filter ignores the currency", ("web",)),
    ("Renew the certificate of the image server", ("ops",)),
    ("A page that says what we do with people's data", ("docs",)),
    ("Customers want to change their delivery day", ("api", "web")),
    ("Tidy up the colours of the buttons", ("design",)),
    ("An index for orders by customer", ("database",)),
    ("Find out why the shop was slow on Friday evening", ("ops", "database")),
    ("Reviews with links in them are advertising", ("api",)),
    ("Explain the shop's API to our partners", ("docs", "api")),
    ("The footer is unreadable in dark mode", ("design", "web")),
    ("Show how many are left in stock", ("web",)),
    ("Old carts are never deleted", ("database",)),
    ("Alert when payments fail more often than usual", ("ops",)),
    ("Say on the product page when it will arrive", ("web", "api")),
    ("Help texts for the size chart", ("docs", "design")),
    ("Try the shop with a screen reader", ("web",)),
    ("Sort the photos of the new chairs", ("design",)),
    ("Let customers cancel an order within an hour", ("api", "web")),
    ("The newsletter form takes addresses without an at sign", ("web",)),
    ("Count how many baskets are given up, and where", ("database",)),
    ("Two warehouses ship the same order", ("api", "database")),
    ("Update the text about delivery to islands", ("docs",)),
    ("The search box covers the menu on tablets", ("web", "design")),
    ("Keep the logs of payments for ten years", ("ops",)),
    ("Coupons can be guessed", ("api",)),
    ("Draw an icon for gift wrapping", ("design",)),
    ("Delete the accounts of those who asked for it", ("database",)),
    ("Answer partners with fewer fields by default", ("api",)),
    ("Say in the basket that shipping is free from 50 on", ("web",)),
    ("Try to bring the shop back from last night's backup", ("ops", "database")),
    ("How to measure a window: a page with drawings", ("docs", "design")),
    ("Invoices show the wrong tax for books", ("api",)),
    ("Filter by colour", ("web",)),
    ("The language menu forgets what one was looking at", ("web",)),
    ("Move the image server to the new network", ("ops",)),
    ("Prices with three digits break the product card", ("design", "web")),
    ("Find duplicates among customers", ("database",)),
    ("Webhook for the warehouse when an order is paid", ("api",)),
    ("Greeting for those who come back after a year", ("web",)),
    ("Write down who is called when the shop is down", ("docs",)),
    ("The star rating cannot be read by a screen reader", ("web",)),
    ("Rewrite the answers to the ten most frequent questions", ("docs",)),
    ("A calmer page for out-of-stock products", ("design",)),
    ("Refuse orders for tomorrow after four o'clock", ("api",)),
    ("Measure how long each page takes on a phone", ("web",)),
    ("An archive for orders older than seven years", ("database",)),
)
NIGHTLY: tuple[Work, ...] = (
    ("Rebuild the search index", ("nightly",)),
    ("Send the newsletter", ("nightly",)),
    ("Make thumbnails of new pictures", ("nightly",)),
    ("Check all links of the shop", ("nightly",)),
)
MOVING_HOUSE: tuple[Work, ...] = (
    ("Cancel the lease of the old office", ()),
    ("Measure the new rooms", ()),
    ("Ask three movers for a price", ()),
    ("Choose a mover", ()),
    ("Order an internet connection for the new office", ("ops",)),
    ("Draw up who sits where", ("design",)),
    ("Tell customers the new address", ("docs",)),
    ("Pack the kitchen", ()),
    ("Label the cables of the servers", ("ops",)),
    ("Move the servers", ("ops",)),
    ("Plan a party for the first evening", ()),
    ("Give back the keys", ()),
)
#: What waits for what, by their texts.
AFTER = {
    "Choose a mover": "Ask three movers for a price",
    "Move the servers": "Label the cables of the servers",
    "Give back the keys": "Move the servers",
    "Draw up who sits where": "Measure the new rooms",
}
DETAILS = (
    "\n\nA customer has written three times about it by now.",
    "\n\n- find out since when\n- write a test for it\n- tell support when it is done",
    "\n\nSee what we said on Monday. **Small steps**, please.",
    "",
    "",
    "",
)
COMMENTS = (
    "I have had a look: it is smaller than it seems.",
    "Happens on my phone too.",
    "@{other} can you have a look at this with me?",
    "Half of it is done, the rest tomorrow.",
    "This was the same in spring. I will write down what we did then.",
    "Tried it again: it is gone.",
)
REASONS = (
    "The supplier has not answered yet.",
    "I cannot reproduce it with the data that I have.",
    "The test server was down all afternoon.",
)
EDITED = " (again)"
