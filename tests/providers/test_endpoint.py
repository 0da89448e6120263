from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from assistant.config import EmbedderSettings
from assistant.errors import EmbedderUnavailable
from assistant.providers.embedders import choose
from assistant.providers.embedders.endpoint import EndpointEmbedder

Reply = Callable[[list[str]], tuple[int, Any]]


def vector(text: str) -> list[float]:
    return [float(len(text)), 1.0, 2.0]


def items(texts: list[str]) -> list[dict[str, Any]]:
    return [{"object": "embedding", "index": n, "embedding": vector(text)} for n, text in enumerate(texts)]


def good(texts: list[str]) -> tuple[int, Any]:
    return 200, {"object": "list", "data": items(texts), "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def listing(data: list[dict[str, Any]]) -> tuple[int, Any]:
    return 200, {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


class Server:
    """An OpenAI-compatible server on the loopback. `replies` are used up first, then it answers well."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.replies: list[Reply] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append(body)
                server.keys.append(self.headers["Authorization"])
                status, content = (server.replies.pop(0) if server.replies else good)(body["input"])
                payload = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def direction(text: str) -> np.ndarray:
    return np.array(vector(text)) / np.linalg.norm(vector(text))


def test_batches_prefixes_key_and_progress(server, tmp_path):
    settings = EmbedderSettings(model="openai:e5-served", base_url=server.url, api_key="s3cret", batch=2)
    embedder = choose(settings, tmp_path)
    done: list[int] = []
    vectors = embedder.embed_passages(["a", "bb", "ccc"], done.append)
    assert vectors.dtype == np.float32
    assert vectors[2] == pytest.approx(direction("passage: ccc"))
    assert embedder.embed_query("q") == pytest.approx(direction("query: q"))
    assert [request["input"] for request in server.requests[1:]] == [
        ["passage: a", "passage: bb"],
        ["passage: ccc"],
        ["query: q"],
    ]
    assert done == [2, 1]
    assert {request["model"] for request in server.requests} == {"e5-served"}
    assert set(server.keys) == {"Bearer s3cret"}


def test_dimension_is_found_by_one_request(server):
    embedder = EndpointEmbedder("m", server.url)
    assert (embedder.dimension, embedder.dimension, len(server.requests)) == (3, 3, 1)
    assert embedder.embed_passages([]).shape == (0, 3)


def test_vectors_follow_the_index_not_the_order_of_arrival(server):
    server.replies = [good, lambda texts: listing(items(texts)[::-1])]
    vectors = EndpointEmbedder("m", server.url).embed_passages(["a", "bbbb"])
    assert vectors == pytest.approx(np.array([direction("a"), direction("bbbb")]))


def test_a_stumble_is_tried_again(server):
    server.replies = [lambda _texts: (500, {"error": {"message": "busy"}})]
    assert EndpointEmbedder("m", server.url).embed_query("a") == pytest.approx(direction("a"))
    assert len(server.requests) == 2


def test_retries_end(server):
    server.replies = [lambda _texts: (503, {"error": {"message": "loading"}})] * 9
    with pytest.raises(EmbedderUnavailable) as caught:
        EndpointEmbedder("m", server.url).embed_query("a")
    assert len(server.requests) == 3
    assert caught.value.details == {"setting": "embedder.base_url", "reason": caught.value.details["reason"]}
    assert "503" in caught.value.details["reason"]


@pytest.mark.parametrize(("status", "setting"), [(401, "api_key"), (403, "api_key"), (404, "model"), (400, "model")])
def test_a_refusal_names_the_setting_to_look_at(server, status, setting):
    server.replies = [lambda _texts: (status, {"error": {"message": "no"}})]
    with pytest.raises(EmbedderUnavailable) as caught:
        EndpointEmbedder("m", server.url, api_key="s3cret").embed_query("a")
    assert caught.value.details["setting"] == f"embedder.{setting}"
    assert "s3cret" not in str(caught.value)
    assert len(server.requests) == 1


BAD_REPLIES: dict[str, Reply] = {
    "one vector missing": lambda texts: listing(items(texts)[1:]),
    "one vector too many": lambda texts: listing([*items(texts), *items(texts)]),
    "an index twice": lambda texts: listing([{**item, "index": 0} for item in items(texts)]),
    "different lengths": lambda texts: listing([{**items(texts)[0], "embedding": [1.0]}, *items(texts)[1:]]),
    "zeros": lambda texts: listing([{**item, "embedding": [0.0, 0.0, 0.0]} for item in items(texts)]),
    "not a number": lambda texts: listing([{**item, "embedding": [float("nan"), 1.0, 1.0]} for item in items(texts)]),
    "words": lambda texts: listing([{**item, "embedding": ["a", "b", "c"]} for item in items(texts)]),
    "no data": lambda _texts: (200, {"object": "list"}),
    "another dimension": lambda texts: listing([{**item, "embedding": [1.0, 2.0]} for item in items(texts)]),
    "not JSON": lambda _texts: (200, b"<html>proxy</html>"),
}


@pytest.mark.parametrize("reply", BAD_REPLIES.values(), ids=BAD_REPLIES.keys())
def test_a_reply_that_does_not_fit_is_an_error_not_a_vector(server, reply):
    server.replies = [good, reply]
    embedder = EndpointEmbedder("m", server.url)
    with pytest.raises(EmbedderUnavailable) as caught:
        embedder.embed_passages(["a", "bb"])
    assert "cannot be used" in caught.value.details["reason"]


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(EmbedderUnavailable) as caught:
        EndpointEmbedder("m", "http://127.0.0.1:9/v1").embed_query("a")
    assert caught.value.details["setting"] == "embedder.base_url"
    assert "127.0.0.1:9" in caught.value.details["reason"]


def test_a_silent_server_is_given_up(server):
    def silent(texts: list[str]) -> tuple[int, Any]:
        time.sleep(1)
        return good(texts)

    server.replies = [silent] * 3
    with pytest.raises(EmbedderUnavailable, match=r"no answer in 0\.1 s"):
        EndpointEmbedder("m", server.url, timeout=0.1).embed_query("a")


def test_identity_names_model_and_passage_prefix():
    assert EndpointEmbedder("bge-m3", "http://a").identity == EndpointEmbedder("bge-m3", "http://b").identity
    assert EndpointEmbedder("e5", "http://a", passage_prefix="passage: ").identity == "openai:e5/passage:"
