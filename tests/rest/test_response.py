"""Our answer sets by itself what Django's would: nothing of it may be missing."""

from django.http import HttpResponse

from djirgo.rest.response import Response


def test_an_answer_has_all_that_djangos_has() -> None:
    ours, djangos = Response({"id": 1}), HttpResponse(b'{"id":1}', "application/json", 200)

    assert vars(ours).keys() == vars(djangos).keys()
    assert {name: value for name, value in vars(ours).items() if name != "headers"} == {
        name: value for name, value in vars(djangos).items() if name != "headers"
    }
    assert dict(ours.headers) == dict(djangos.headers)
    assert bytes(ours) == bytes(djangos)
