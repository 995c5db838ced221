"""A client of grpc.testing.TestService on grpcio. Messages are written by hand, so that no generated code of ours is on
both sides of what is judged."""

import argparse
import threading

import grpc

SERVICE = "/grpc.testing.TestService/"


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def payload(size):
    return block(2, bytes(size))  # Payload.body


def fields(message):
    """The fields of a message of varints and blocks: {number: [values]}."""
    found, at = {}, 0

    def read_varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = read_varint()
        value = read_varint()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        found.setdefault(key >> 3, []).append(value)
    return found


def body_size(message):
    inner = fields(message).get(1, [b""])[0]
    return len(fields(inner).get(2, [b""])[0])


class Client:
    def __init__(self, channel):
        self.channel = channel

    def unary(self, method, request=b"", service=SERVICE, **options):
        return self.channel.unary_unary(service + method)(request, timeout=options.pop("timeout", 20), **options)

    def bidi(self, requests, **options):
        return self.channel.stream_stream(SERVICE + "FullDuplexCall")(requests, timeout=options.pop("timeout", 20), **options)


def stream_request(size, request_size=0):
    return block(2, number(1, size)) + block(3, payload(request_size))


def fails_with(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"expected {code}, got {error.code()}: {error.details()}"
        return error
    raise AssertionError(f"expected {code}, got success")


def empty_unary(client):
    assert client.unary("EmptyCall") == b""


def large_unary(client):
    answer = client.unary("UnaryCall", number(2, 314159) + block(3, payload(271828)))
    assert body_size(answer) == 314159


def client_streaming(client):
    sizes = [27182, 8, 1828, 45904]
    call = client.channel.stream_unary(SERVICE + "StreamingInputCall")
    answer = call((block(1, payload(size)) for size in sizes), timeout=20)
    assert fields(answer)[1] == [sum(sizes)]


def server_streaming(client):
    sizes = [31415, 9, 2653, 58979]
    request = b"".join(block(2, number(1, size)) for size in sizes)
    answers = client.channel.unary_stream(SERVICE + "StreamingOutputCall")(request, timeout=20)
    assert [body_size(answer) for answer in answers] == sizes


def ping_pong(client):
    answered = threading.Semaphore(1)
    sizes = [31415, 9, 2653, 58979]

    def requests():
        for size in sizes:
            assert answered.acquire(timeout=10)
            yield stream_request(size, size // 2)

    got = []
    for answer in client.bidi(requests()):
        got.append(body_size(answer))
        answered.release()
    assert got == sizes


def empty_stream(client):
    assert list(client.bidi(iter(()))) == []


def many_calls_at_once(client):
    calls = [
        client.channel.unary_unary(SERVICE + "UnaryCall").future(number(2, size), timeout=20) for size in range(500)
    ]
    assert [body_size(call.result()) for call in calls] == list(range(500))


def megabytes_against_back_pressure(client):
    request = b"".join(block(2, number(1, 100_000)) for _ in range(200))
    answers = client.channel.unary_stream(SERVICE + "StreamingOutputCall")(request, timeout=30)
    assert sum(body_size(answer) for answer in answers) == 20_000_000


def cancel_after_first_response(client):
    hold = threading.Event()

    def requests():
        yield stream_request(31415)
        hold.wait(10)

    call = client.bidi(requests())
    next(call)
    call.cancel()
    hold.set()
    fails_with(grpc.StatusCode.CANCELLED, lambda: next(call))


def deadline(client):
    hold = threading.Event()

    def requests():
        yield block(2, number(1, 1) + number(2, 5_000_000))  # answer after five seconds
        hold.wait(10)

    fails_with(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(client.bidi(requests(), timeout=0.05)))
    hold.set()


def status_and_message(client):
    text = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    status = number(1, 2) + block(2, text.encode())
    error = fails_with(grpc.StatusCode.UNKNOWN, lambda: client.unary("UnaryCall", block(7, status)))
    assert error.details() == text, repr(error.details())


def custom_metadata(client):
    sent = (("x-grpc-test-echo-initial", "value"), ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b\x0a\x0b\x0a\x0b"))
    _, call = client.channel.unary_unary(SERVICE + "UnaryCall").with_call(number(2, 1), metadata=sent, timeout=20)
    assert sent[0] in [tuple(pair) for pair in call.initial_metadata()]
    assert sent[1] in [tuple(pair) for pair in call.trailing_metadata()]


def unimplemented(client):
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: client.unary("UnimplementedCall"))
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: client.unary("Any", service="/no.such.Service/"))


def health(client):
    assert fields(client.unary("Check", service="/grpc.health.v1.Health/"))[1] == [1]  # SERVING


CASES = [
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    many_calls_at_once,
    megabytes_against_back_pressure,
    cancel_after_first_response,
    deadline,
    status_and_message,
    custom_metadata,
    unimplemented,
    health,
]


def judge(name, channel):
    with channel:
        for case in CASES:
            try:
                case(Client(channel))
                print(f"ok {name}/{case.__name__}", flush=True)
            except Exception as error:  # whatever it is, the next case is judged too
                print(f"not ok {name}/{case.__name__}: {type(error).__name__}: {error}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--plain", "--tls", "--ca", "--name"):
        parser.add_argument(flag, required=True)
    flags = parser.parse_args()
    judge("plain", grpc.insecure_channel(flags.plain))
    with open(flags.ca, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    judge("tls", grpc.secure_channel(flags.tls, credentials, (("grpc.ssl_target_name_override", flags.name),)))


if __name__ == "__main__":
    main()
