// AuthZEN and auth_request over the socket of a real agent, beside a bare echo of our own HTTP
// server: same request, same response, same client, in short rounds that alternate.
//
// The agent attests the caller, decides by the shipped guardrails and a permit, and records each
// decision. An answer that differs from the first allow ends the benchmark.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <vector>

#include "tests/bench/deployment.h"
#include "tests/bench/echo_process.h"
#include "tests/bench/row.h"

namespace ward::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kIdentities = 1000;
// Below what the server takes on one connection (http::Limits).
constexpr int kRequestsPerConnection = 90'000;

// One kept connection, blocking.
class HttpClient {
 public:
  HttpClient(std::string path, std::string request)
      : path_(std::move(path)), request_(std::move(request)) {
    connect();
  }
  ~HttpClient() { close(fd_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The whole text of one answer.
  std::string ask() {
    send(request_);
    std::string text;
    std::size_t size = 0;
    while (size == 0 || text.size() < size) {
      char buffer[65'536];
      const auto got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) give_up("the connection ended");
      text.append(buffer, static_cast<std::size_t>(got));
      if (const auto head = text.find("\r\n\r\n"); head != std::string::npos) {
        size = head + 4 + content_length(text.substr(0, head));
      }
    }
    return text;
  }

  // `depth` requests in one write, and their answers, each of which must be `expected`.
  void begin(int depth) {
    if (count_ + depth > kRequestsPerConnection) connect();
    count_ += depth;
    if (batch_.size() != request_.size() * static_cast<std::size_t>(depth)) {
      batch_.clear();
      for (int i = 0; i < depth; ++i) batch_ += request_;
    }
    send(batch_);
  }
  void end(int depth, const std::string& expected) {
    const std::size_t size = expected.size() * static_cast<std::size_t>(depth);
    answer_.resize(size);
    if (recv(fd_, answer_.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size)) {
      give_up("the connection ended");
    }
    for (std::size_t at = 0; at < size; at += expected.size()) {
      if (!is_same(std::string_view(answer_).substr(at, expected.size()), expected)) {
        give_up("another answer: " + answer_.substr(at, expected.size()));
      }
    }
  }

  void connect() {
    if (fd_ >= 0) close(fd_);
    count_ = 0;
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      give_up("cannot connect to " + path_);
    }
  }

 private:
  // But for the value of Date, which has one length.
  static bool is_same(std::string_view answer, std::string_view expected) {
    constexpr std::string_view kDate = "\r\ndate: ";
    constexpr std::size_t kDateBytes = 29;  // RFC 9110 5.6.7: IMF-fixdate
    const auto at = expected.find(kDate);
    if (at == std::string_view::npos) return answer == expected;
    const auto rest = at + kDate.size() + kDateBytes;
    return answer.substr(0, at) == expected.substr(0, at) &&
           answer.substr(rest) == expected.substr(rest);
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view kField = "content-length: ";
    const auto at = head.find(kField);
    if (at == std::string_view::npos) give_up("no content-length");
    std::size_t length = 0;
    const std::string_view rest = head.substr(at + kField.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), length);
    return length;
  }

  void send(std::string_view bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      give_up("the connection takes no request");
    }
  }

  std::string path_;
  std::string request_;
  std::string batch_;
  std::string answer_;
  int fd_ = -1;
  int count_ = 0;
};

// The text of a response as a value of ours, to be sent again.
http::Response parse_response(std::string_view text) {
  http::Response response;
  const auto head_end = text.find("\r\n\r\n");
  std::string_view head = text.substr(0, head_end + 2);
  if (!head.starts_with("HTTP/1.1 200 ")) give_up("not an allow: " + std::string(text));
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(": ");
    // The server adds its own Date.
    if (!line.starts_with("date: ")) {
      response.head.headers.add(line.substr(0, colon), line.substr(colon + 2));
    }
    head.remove_prefix(line.size() + 2);
  }
  response.body = to_bytes(text.substr(head_end + 4));
  return response;
}

// How a client asks: over so many connections, with so many requests on the way in each.
struct Shape {
  std::string_view name;
  std::size_t connections;
  int depth;
};

class Load {
 public:
  Load(const std::string& path, const std::string& request, const Shape& shape,
       std::string expected)
      : depth_(shape.depth), expected_(std::move(expected)) {
    for (std::size_t i = 0; i < shape.connections; ++i) {
      clients_.push_back(std::make_unique<HttpClient>(path, request));
    }
  }

  void run(SteadyClock::duration duration) {
    const auto start = SteadyClock::now();
    auto now = start;
    std::size_t answered = 0;
    do {
      for (const auto& client : clients_) client->begin(depth_);
      for (const auto& client : clients_) client->end(depth_, expected_);
      answered += clients_.size() * static_cast<std::size_t>(depth_);
      now = SteadyClock::now();
    } while (now - start < duration);
    rates_.push_back(static_cast<double>(answered) /
                     std::chrono::duration<double>(now - start).count());
  }

  // Of the better rounds: those in which the machine did nothing else.
  double best_per_second() {
    std::ranges::sort(rates_);
    return rates_[rates_.size() * 9 / 10];
  }

 private:
  int depth_;
  std::string expected_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  std::vector<double> rates_;
};

struct Point {
  std::string name;
  std::string path;
  std::string request;
};

void measure(const Deployment& deployment, const Point& point, bool is_quick) {
  HttpClient first(deployment.agent_socket(), point.request);
  (void)first.ask();  // what the agent does not hold it asks for, once
  const std::string expected = first.ask();
  const http::Response answer = parse_response(expected);
  const std::string method = point.request.substr(0, point.request.find(' '));
  const EchoProcess echo(
      deployment.agent_socket() + ".echo", [&](net::SystemLoop&, http::Router& router) {
        router.add(method, point.path,
                   [&answer](const http::Request&, const net::Peer&, http::Responder responder) {
                     responder.send(answer);
                   });
      });
  struct Loads {
    Shape shape;
    Load bare, ward;
  };
  std::vector<Loads> all;
  for (const Shape& shape :
       {Shape{"closed_loop", 1, 1}, Shape{"connections_8", 8, 1}, Shape{"pipelined_16", 1, 16}}) {
    all.push_back({.shape = shape,
                   .bare = Load(echo.path(), point.request, shape, expected),
                   .ward = Load(deployment.agent_socket(), point.request, shape, expected)});
  }
  constexpr auto kRound = 4ms;
  for (int i = 0; i < (is_quick ? 24 : 300); ++i) {
    for (Loads& loads : all) {
      loads.bare.run(kRound);
      loads.ward.run(kRound);
    }
  }
  for (Loads& loads : all) {
    print_row({.name = fmt::format("{}/{}", point.name, loads.shape.name),
               .value = loads.ward.best_per_second(),
               .unit = "1/s",
               .limit = loads.bare.best_per_second(),
               .goal = ratio_at_least(0.8)});
  }
}

std::string evaluation_request() {
  const std::string body = R"({"subject":{"type":"identity","id":"spiffe://example.org/bench"},)"
                           R"("action":{"name":"read"},"resource":{"type":"Record","id":"7"},)"
                           R"("context":{"time":"2025-06-27T18:03-07:00"}})";
  return fmt::format(
      "POST /access/v1/evaluation HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
      "x-request-id: bfe9eb29-ab87-4ca3-be83-a1d5d8305716\r\ncontent-length: {}\r\n\r\n{}",
      body.size(), body);
}

// As nginx writes $ssl_client_escaped_cert.
std::string escaped(std::string_view pem) {
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : pem) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (is_alphanumeric || kPlain.contains(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string subrequest(std::string_view certificates) {
  return fmt::format(
      "GET /auth HTTP/1.1\r\nhost: ward\r\nx-original-method: GET\r\n"
      "x-original-uri: /records/7?page=2\r\nx-original-host: records.example.org\r\n"
      "x-client-cert: {}\r\nx-client-ip: 192.0.2.7\r\nuser-agent: curl/7.88.1\r\n"
      "accept: */*\r\n\r\n",
      escaped(certificates));
}

void run(bool is_quick) {
  Deployment deployment(kIdentities);
  measure(deployment, {"authzen/evaluation", "/access/v1/evaluation", evaluation_request()},
          is_quick);
  measure(deployment, {"auth_request", "/auth", subrequest(deployment.caller_certificates())},
          is_quick);
}

}  // namespace
}  // namespace ward::bench

int main(int argc, char** argv) {
  ward::bench::run(ward::bench::is_quick(argc, argv));
}
