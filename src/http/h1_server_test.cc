// HTTP/1.1 as a server speaks it, byte for byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "http/server_protocol.h"
#include "net/peer.h"

namespace ward::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class H1ServerTest : public ::testing::Test {
 protected:
  H1ServerTest() {
    router_.add("GET", "/", [](Request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", "hello"));
    });
    router_.add("POST", "/echo", [](Request request, const net::Peer&, Responder responder) {
      responder.send(Response::of(200, "text/plain", as_text(request.body)));
    });
    router_.add("GET", "/later", [this](Request, const net::Peer&, Responder responder) {
      later_.push_back(std::move(responder));
    });
    restart();
  }

  void restart() {
    server_ = make_h1_server({.router = router_, .peer = peer_, .limits = limits_, .wake = [] {}});
  }
  std::string output() {
    Bytes out;
    server_->take_output(out, 1 << 20);
    return std::string(as_text(out));
  }
  std::string exchange(std::string_view text) {
    server_->feed(as_bytes(text));
    return output();
  }

  Limits limits_;
  Router router_{limits_};
  net::Peer peer_;
  std::deque<Responder> later_;
  std::unique_ptr<ServerProtocol> server_;
};

std::string status_line(const std::string& answer) {
  return answer.substr(0, answer.find("\r\n"));
}

TEST_F(H1ServerTest, AnswersAndKeepsTheConnection) {
  const auto first = exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), first);
  EXPECT_FALSE(server_->is_done());
}

TEST_F(H1ServerTest, RequestsAreTheSameHoweverTheyAreCut) {
  const std::string requests =
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;x=y\r\nde\r\n1\r\nf\r\n0\r\nx-trailer: 1\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto whole = exchange(requests);
  EXPECT_THAT(whole, HasSubstr("\r\n\r\nabcHTTP/1.1 200"));
  EXPECT_THAT(whole, HasSubstr("\r\n\r\ndefHTTP/1.1 200"));
  EXPECT_THAT(whole, EndsWith("hello"));
  for (std::size_t piece = 1; piece < requests.size(); ++piece) {
    restart();
    std::string got;
    for (std::size_t at = 0; at < requests.size(); at += piece) {
      got += exchange(requests.substr(at, piece));
    }
    EXPECT_EQ(got, whole) << piece;
  }
}

TEST_F(H1ServerTest, AnEmptyChunkedBodyMayBeCutAnywhere) {
  for (const std::string end : {"0\r\n\r\n", "0\r\na: b\r\nc: d\r\n\r\n", "00;x\r\n\r\n"}) {
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + end;
    for (std::size_t first = 1; first < request.size(); ++first) {
      restart();
      std::string got = exchange(request.substr(0, first));
      for (std::size_t at = first; at < request.size(); ++at)
        got += exchange(request.substr(at, 1));
      EXPECT_THAT(got, HasSubstr("HTTP/1.1 200")) << end << first;
      EXPECT_FALSE(server_->is_done()) << end << first;
    }
  }
}

TEST_F(H1ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  EXPECT_EQ(exchange("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "");
  ASSERT_EQ(later_.size(), 1U);
  later_.front().send(Response::of(200, "text/plain", "first"));
  server_->pump();
  const auto answers = output();
  EXPECT_LT(answers.find("first"), answers.find("hello"));
}

struct Refusal {
  const char* name;
  std::string request;
  const char* status;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class H1RefusalTest : public H1ServerTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(H1RefusalTest, IsAnsweredWithItsStatusAndTheConnectionEnds) {
  const auto answer = exchange(GetParam().request);
  EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + GetParam().status));
  EXPECT_TRUE(server_->is_done());
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");  // what follows is not a request
}

std::string post(std::string fields, std::string body = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Smuggling, H1RefusalTest,
    ::testing::Values(
        Refusal{"BothLengths",
                post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        Refusal{"BothLengthsReversed",
                post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "400"},
        Refusal{"TwoLengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400"},
        Refusal{"SameLengthTwice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
                "400"},
        Refusal{"LengthList", post("Content-Length: 3, 3\r\n", "abc"), "400"},
        Refusal{"SignedLength", post("Content-Length: +3\r\n", "abc"), "400"},
        Refusal{"NegativeLength", post("Content-Length: -1\r\n"), "400"},
        Refusal{"HexLength", post("Content-Length: 0x3\r\n", "abc"), "400"},
        Refusal{"EmptyLength", post("Content-Length: \r\n", "abc"), "400"},
        Refusal{"HugeLength", post("Content-Length: 99999999999999999999999\r\n"), "400"},
        Refusal{"UnknownCoding", post("Transfer-Encoding: gzip\r\n"), "501"},
        Refusal{"CodingList", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
        Refusal{"CodingTwice",
                post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                "400"},
        Refusal{"OddCoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501"},
        Refusal{"CodingInHttp10",
                "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        Refusal{"SpaceBeforeColon", post("Content-Length : 3\r\n", "abc"), "400"},
        Refusal{"FoldedLine", post("X-A: 1\r\n Content-Length: 3\r\n", "abc"), "400"},
        Refusal{"FoldedFirstLine", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
        Refusal{"BareLineFeed", "GET / HTTP/1.1\r\nHost: a\nX-A: 1\r\n\r\n", "400"},
        Refusal{"BareReturn", "GET / HTTP/1.1\r\nHost: a\rX-A: 1\r\n\r\n", "400"},
        Refusal{"NulInValue", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33), "400"},
        Refusal{"BadName", "GET / HTTP/1.1\r\nHost: a\r\nX(y): 1\r\n\r\n", "400"},
        Refusal{"NoName", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", "400"},
        Refusal{"NoColon", "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n", "400"},
        Refusal{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"},
        Refusal{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        Refusal{"BadChunkSize", post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n"),
                "400"},
        Refusal{"SignedChunk", post("Transfer-Encoding: chunked\r\n", "-1\r\na\r\n0\r\n\r\n"),
                "400"},
        Refusal{"HugeChunk", post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\na\r\n"),
                "400"},
        Refusal{"ChunkWithoutEnd", post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"),
                "400"},
        Refusal{"LengthInTrailer",
                post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 9\r\n\r\n"), "400"}),
    [](const auto& refusal) { return refusal.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Bounds, H1RefusalTest,
    ::testing::Values(
        Refusal{"LongTarget", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "414"},
        Refusal{"LongTargetUnended", "GET /" + std::string(20'000, 'a'), "414"},
        Refusal{"LongHeader",
                "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(33'000, 'a') + "\r\n\r\n", "431"},
        Refusal{"LongHeadUnended", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(60'000, 'a'),
                "431"},
        Refusal{"LongBody", post("Content-Length: 2000000\r\n"), "413"},
        Refusal{"LongChunkExtension",
                post("Transfer-Encoding: chunked\r\n", "1;" + std::string(70'000, 'x')), "400"},
        Refusal{"Version2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        Refusal{"Proxying", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "501"},
        Refusal{"OddTarget", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Refusal{"OddExpectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "417"}),
    [](const auto& refusal) { return refusal.param.name; });

TEST_F(H1ServerTest, TooManyHeadersAre431) {
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 200; ++i) request += "x: y\r\n";
  EXPECT_THAT(exchange(request + "\r\n"), StartsWith("HTTP/1.1 431"));
}

TEST_F(H1ServerTest, WhatIsNotHttpIsNotAnswered) {
  EXPECT_EQ(exchange("\x16\x03\x01 hello there\r\n\r\n"), "");
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1ServerTest, AChunkedBodyOverTheBoundIs413) {
  auto answer = exchange(post("Transfer-Encoding: chunked\r\n"));
  std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  for (int i = 0; i < 17 && !server_->is_done(); ++i) answer += exchange(chunk);
  EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Content Too Large");
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1ServerTest, HeadIsAnsweredLikeGetWithoutTheBody) {
  EXPECT_EQ(exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n");
  EXPECT_FALSE(server_->is_done());
}

TEST_F(H1ServerTest, ContinueIsSaidOnlyWhenTheBodyIsWanted) {
  EXPECT_EQ(exchange(post("Expect: 100-continue\r\nContent-Length: 3\r\n")),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(exchange("abc"), EndsWith("abc"));
  EXPECT_EQ(
      status_line(exchange(
          "POST /none HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")),
      "HTTP/1.1 404 Not Found");
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1ServerTest, ClosesWhenAsked) {
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(server_->is_done());
  restart();
  exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1ServerTest, UnroutedRequestsAreToldWhy) {
  EXPECT_EQ(status_line(exchange("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 404 Not Found");
  const auto refusal = exchange("PUT /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_line(refusal), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_THAT(refusal, HasSubstr("allow: POST\r\n"));
  EXPECT_FALSE(server_->is_done());
}

TEST_F(H1ServerTest, AHandlerThatDropsItsResponderAnswers500) {
  EXPECT_EQ(exchange("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  later_.clear();
  EXPECT_EQ(status_line(output()), "HTTP/1.1 500 Internal Server Error");
}

TEST_F(H1ServerTest, AnAnswerAfterThePeerIsGoneIsDropped) {
  exchange("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  server_->abort(Error(ErrorCode::kUnavailable, "gone"));
  server_.reset();
  EXPECT_FALSE(later_.front().is_open());
  later_.front().send(Response::empty(200));
}

TEST_F(H1ServerTest, InputInAHeaderCannotSplitTheAnswer) {
  router_.add("GET", "/split", [](Request, const net::Peer&, Responder responder) {
    Response response = Response::empty(200);
    response.head.headers.add("x", "a\r\nset-cookie: b");
    responder.send(response);
  });
  EXPECT_THAT(exchange("GET /split HTTP/1.1\r\nHost: a\r\n\r\n"),
              HasSubstr("x: a  set-cookie: b\r\n"));
}

// Streams without a length, and reads only when told to.
struct SlowReader final : ExchangeObserver {
  void on_body(ByteView bytes) override { body += as_text(bytes); }
  void on_body_end(const Headers& trailers) override {
    is_ended = true;
    trailer = std::string(trailers.find("x-trailer").value_or(""));
  }
  void on_abort(const Error& why) override { aborted = why; }

  std::string body;
  std::string trailer;
  bool is_ended = false;
  std::optional<Error> aborted;
};

class H1StreamTest : public H1ServerTest {
 protected:
  H1StreamTest() {
    router_.add_stream("POST", "/stream", [this](std::unique_ptr<Exchange> exchange) {
      exchange_ = std::move(exchange);
    });
  }
  SlowReader reader_;
  std::unique_ptr<Exchange> exchange_;
};

TEST_F(H1StreamTest, ThePeerIsHeldBackUntilTheBodyIsRead) {
  exchange("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_FALSE(server_->wants_input());
  exchange_->read(reader_);
  server_->pump();
  EXPECT_EQ(reader_.body, "abc");
  EXPECT_FALSE(server_->wants_input());
  exchange_->consume(3);
  EXPECT_TRUE(server_->wants_input());
  exchange("def");
  EXPECT_EQ(reader_.body, "abcdef");
  EXPECT_TRUE(reader_.is_ended);
}

TEST_F(H1StreamTest, AnAnswerWithoutALengthIsChunkedWithItsTrailers) {
  exchange("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  exchange_->send_head({.status = 200, .headers = {}});
  exchange_->send_body(as_bytes("abc"));
  exchange_->finish({{"x-sum", "1"}});
  EXPECT_EQ(
      output(),
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n");
}

TEST_F(H1StreamTest, TrailersOfARequestAreRead) {
  exchange("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  exchange_->read(reader_);
  exchange("0\r\nX-Trailer: yes\r\n\r\n");
  EXPECT_TRUE(reader_.is_ended);
  EXPECT_EQ(reader_.trailer, "yes");
}

TEST_F(H1StreamTest, ABodyCutShortAborts) {
  exchange("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  exchange_->read(reader_);
  server_->pump();
  exchange_->consume(3);
  server_->feed_end();
  EXPECT_TRUE(reader_.aborted.has_value());
  EXPECT_FALSE(reader_.is_ended);
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1StreamTest, ABadChunkAfterTheAnswerBeganClosesWithoutASecondOne) {
  exchange("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  exchange_->read(reader_);
  exchange_->send_head({.status = 200, .headers = {}});
  output();
  EXPECT_EQ(exchange("zz\r\n"), "");
  EXPECT_TRUE(reader_.aborted.has_value());
  EXPECT_TRUE(server_->is_done());
}

TEST_F(H1ServerTest, AbsoluteTargetsAreTakenApart) {
  router_.add("GET", "/where", [](Request request, const net::Peer&, Responder responder) {
    responder.send(Response::of(200, "text/plain",
                                request.head.authority + "|" + std::string(request.head.query())));
  });
  EXPECT_THAT(exchange("GET http://b:1/where?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
              EndsWith("b:1|x=1"));
}

TEST_F(H1ServerTest, ShuttingDownAnswersWhatIsInProgressAndSaysClose) {
  exchange("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  server_->shut_down();
  EXPECT_FALSE(server_->is_done());
  later_.front().send(Response::empty(200));
  server_->pump();
  EXPECT_THAT(output(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(server_->is_done());
}

}  // namespace
}  // namespace ward::http
