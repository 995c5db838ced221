// The door to Boost.Beast; the only file that includes it.
//
// A head is found whole and looked at line by line before Beast sees it, because Beast unfolds
// folded lines and takes either of several Hosts. Bodies go straight through Beast.
#include "http/h1_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <utility>

#include "base/check.h"

namespace ward::http {
namespace {

namespace beast = boost::beast;

constexpr int kNotHttp = H1Parser::Failure::kNoAnswer;
constexpr std::size_t kEmptyLinesMax = 8;  // RFC 9112 2.2: at least one is ignored before a head

constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view to_view(beast::string_view text) {
  return {text.data(), text.size()};
}

// What both directions gather.
struct Gathered {
  RequestHead request;
  ResponseHead response;
  Headers fields;
  Headers trailers;
  bool has_head = false;
  std::uint64_t chunk_left = 0;  // of the chunk whose header was read last
  std::optional<H1Parser::Failure> failure;

  void fail(int status, std::string why) {
    if (!failure) failure = H1Parser::Failure{status, std::move(why)};
  }
};

template <bool is_request>
class BeastParser final : public beast::http::basic_parser<is_request> {
 public:
  BeastParser(Gathered& gathered, H1ParserEvents& events, const Limits& limits)
      : gathered_(gathered), events_(events), limits_(limits) {
    this->header_limit(
        static_cast<std::uint32_t>(limits.header_bytes_max + limits.target_bytes_max + 1024));
    this->body_limit(boost::none);
  }

 private:
  using ErrorCode = beast::error_code;

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int,
                       ErrorCode& error) override {
    error = {};
    gathered_.request.method = to_view(method);
    gathered_.request.target = to_view(target);
  }
  void on_response_impl(int status, beast::string_view, int, ErrorCode& error) override {
    error = {};
    gathered_.response.status = status;
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     ErrorCode& error) override {
    error = {};
    Headers& into = gathered_.has_head ? gathered_.trailers : gathered_.fields;
    if (!is_token(to_view(name)) || !is_field_value(to_view(value))) {
      error = beast::http::error::bad_field;
    } else if (into.size() >= limits_.header_count_max ||
               into.bytes() + name.size() + value.size() + 32 > limits_.header_bytes_max) {
      error = beast::http::error::header_limit;
    } else {
      into.add(to_view(name), to_view(value));
    }
  }
  void on_header_impl(ErrorCode& error) override {
    error = {};
    gathered_.has_head = true;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode& error) override {
    error = {};
  }
  std::size_t on_body_impl(beast::string_view body, ErrorCode& error) override {
    error = {};
    events_.on_body(as_bytes(to_view(body)));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, ErrorCode& error) override {
    error = {};
    gathered_.chunk_left = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body,
                                 ErrorCode& error) override {
    gathered_.chunk_left -= body.size();
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode& error) override { error = {}; }

  Gathered& gathered_;
  H1ParserEvents& events_;
  const Limits& limits_;
};

// Before Beast: line ends, folding and the lengths that have statuses of their own.
bool check_lines(std::string_view head, Gathered& gathered) {
  for (std::size_t start = 0; start < head.size();) {
    // PERF: each line is searched twice for one octet; a search for either looks at each alone.
    const auto end = head.find('\n', start);
    const std::string_view line = head.substr(start, end - start);
    if (end == std::string_view::npos || line.empty() || line.find('\r') != line.size() - 1) {
      gathered.fail(400, "a line must end with CR LF");
      return false;
    }
    if (line.size() > 1 && (line[0] == ' ' || line[0] == '\t')) {
      gathered.fail(400, "a folded header line");
      return false;
    }
    start = end + 1;
  }
  return true;
}

bool check_request_line(std::string_view head, const Limits& limits, Gathered& gathered) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    gathered.fail(kNotHttp, "a request line has a method, a target and a version");
    return false;
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.size() > limits.target_bytes_max) {
    gathered.fail(414, "the target is too long");
    return false;
  }
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (target.empty() || !std::ranges::all_of(target, is_visible)) {
    gathered.fail(400, "the target has an octet that a URI has not");
    return false;
  }
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    gathered.fail(version.starts_with("HTTP/") ? 505 : kNotHttp, "expected HTTP/1.1");
    return false;
  }
  return true;
}

std::size_t count_of(const Headers& headers, std::string_view name) {
  std::size_t count = 0;
  for (const auto field : headers) count += field.name == name ? 1 : 0;
  return count;
}

// RFC 9112 6: exactly one way to tell where the body ends.
void check_framing(Gathered& gathered, bool is_http10) {
  const Headers& fields = gathered.fields;
  const auto length = fields.find("content-length");
  const auto coding = fields.find("transfer-encoding");
  if (count_of(fields, "content-length") > 1 || count_of(fields, "transfer-encoding") > 1 ||
      (length && coding)) {
    return gathered.fail(400, "more than one length");
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (length && !std::ranges::all_of(*length, is_digit)) {
    return gathered.fail(400, "the length is not a number");
  }
  if (coding && !equals_ignoring_case(*coding, "chunked")) {
    return gathered.fail(501, "expected no transfer coding but chunked");
  }
  if (coding && is_http10) gathered.fail(400, "a transfer coding in HTTP/1.0");
}

// RFC 9112 3.2: origin form, or absolute form, which is taken apart.
void check_target(Gathered& gathered, bool is_http10) {
  RequestHead& request = gathered.request;
  const auto hosts = count_of(gathered.fields, "host");
  if (hosts > 1 || (hosts == 0 && !is_http10)) return gathered.fail(400, "expected one Host");
  if (const auto host = gathered.fields.find("host")) request.authority = *host;
  if (request.method == "CONNECT") return gathered.fail(501, "this is not a proxy");
  if (request.target.starts_with('/')) return;
  if (request.target == "*" && request.method == "OPTIONS") return;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!request.target.starts_with(scheme)) continue;
    const std::string rest = request.target.substr(scheme.size());
    const auto path = std::min(rest.find_first_of("/?"), rest.size());
    request.authority = rest.substr(0, path);
    request.target = rest.substr(path);
    if (!request.target.starts_with('/')) request.target.insert(0, "/");
    if (!request.authority.empty()) return;
  }
  gathered.fail(400, "the target is neither a path nor an http URL");
}

}  // namespace

struct H1Parser::State {
  State(Kind kind_, const Limits& limits_, H1ParserEvents& events_)
      : kind(kind_), limits(limits_), events(events_) {}

  template <typename F>
  auto with(F&& f) {
    return kind == Kind::kRequest ? f(*as_request) : f(*as_response);
  }

  void start() {
    gathered = Gathered();
    searched = 0;
    expects_no_body = false;
    if (kind == Kind::kRequest) {
      as_request.emplace(gathered, events, limits);
    } else {
      as_response.emplace(gathered, events, limits);
    }
  }

  bool put(ByteView bytes, std::size_t& taken) {
    beast::error_code error;
    // Bodies are parsed in one go with what follows the chunk headers; heads come alone.
    with([&](auto& parser) {
      parser.eager(true);
      taken += parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    });
    if (!error || error == beast::http::error::need_more) return true;
    gathered.fail(error == beast::http::error::header_limit ? 431 : 400, error.message());
    return false;
  }

  // Beast aborts the process when it has seen the line of a last chunk without what ends it, and is
  // called again with less than a whole one. Nothing shorter ends a body: nothing is held back.
  bool may_be_cut_last_chunk(ByteView rest) {
    return rest.size() < kLastChunk.size() && rest.front() == kLastChunk.front() &&
           gathered.chunk_left == 0 && with([](auto& parser) { return parser.chunked(); });
  }

  std::size_t feed_head(ByteView bytes);
  void finish_head();

  const Kind kind;
  const Limits limits;
  H1ParserEvents& events;
  Gathered gathered;
  std::optional<BeastParser<true>> as_request;
  std::optional<BeastParser<false>> as_response;
  std::size_t searched = 0;  // of a head that is not whole: nothing ends before here
  bool expects_no_body = false;
  bool is_http10 = false;
};

std::size_t H1Parser::State::feed_head(ByteView bytes) {
  std::string_view text = as_text(bytes);
  std::size_t skipped = 0;
  while (text.starts_with("\r\n") && skipped < 2 * kEmptyLinesMax) {
    text.remove_prefix(2);
    skipped += 2;
  }
  const auto end = text.find("\r\n\r\n", searched);
  if (end == std::string_view::npos) {
    searched = text.size() < 3 ? 0 : text.size() - 3;
    if (skipped > 0) searched = 0;
    const auto line = text.find("\r\n");
    if (kind == Kind::kRequest && std::min(line, text.size()) > limits.target_bytes_max + 64) {
      gathered.fail(414, "the target is too long");
    } else if (text.size() > limits.header_bytes_max + limits.target_bytes_max) {
      gathered.fail(431, "the head is too large");
    }
    return skipped;
  }
  const std::string_view head = text.substr(0, end + 4);
  if (!check_lines(head, gathered)) return 0;
  if (kind == Kind::kRequest && !check_request_line(head, limits, gathered)) return 0;
  // The version is the last word of a request line and the first of a status line.
  const std::string_view first_line = head.substr(0, head.find("\r\n"));
  is_http10 =
      kind == Kind::kRequest ? first_line.ends_with("1.0") : first_line.starts_with("HTTP/1.0");
  if (expects_no_body) with([](auto& parser) { parser.skip(true); });
  std::size_t taken = 0;
  if (put(as_bytes(head), taken)) finish_head();
  return skipped + taken;
}

void H1Parser::State::finish_head() {
  if (!gathered.has_head) return gathered.fail(400, "the head does not parse");
  check_framing(gathered, is_http10);
  if (kind == Kind::kRequest) {
    check_target(gathered, is_http10);
    gathered.request.version = Version::kHttp11;
    gathered.fields.remove("host");
    gathered.request.headers = std::move(gathered.fields);
  } else {
    gathered.response.headers = std::move(gathered.fields);
  }
  gathered.fields = {};
}

H1Parser::H1Parser(Kind kind, const Limits& limits, H1ParserEvents& events)
    : state_(std::make_unique<State>(kind, limits, events)) {
  restart();
}

H1Parser::~H1Parser() = default;

H1Parser::Phase H1Parser::phase() const {
  if (!state_->gathered.has_head) return Phase::kHead;
  return state_->with([](const auto& parser) { return parser.is_done(); }) ? Phase::kDone
                                                                           : Phase::kBody;
}

std::size_t H1Parser::feed(ByteView bytes) {
  if (state_->gathered.failure) return 0;
  switch (phase()) {
    case Phase::kHead:
      return state_->feed_head(bytes);
    case Phase::kBody: {
      // Beast takes one part a call (a chunk header, a piece of its body) unless it is eager.
      std::size_t taken = 0;
      while (taken < bytes.size() && phase() == Phase::kBody) {
        if (state_->may_be_cut_last_chunk(bytes.subspan(taken))) break;
        const auto before = taken;
        if (!state_->put(bytes.subspan(taken), taken) || taken == before) break;
      }
      return taken;
    }
    case Phase::kDone:
      return 0;
  }
  WARD_UNREACHABLE();
}

void H1Parser::feed_end() {
  if (phase() == Phase::kDone) return;
  beast::error_code error;
  if (phase() == Phase::kBody) {
    state_->with([&](auto& parser) { parser.put_eof(error); });
    if (!error) return;
  }
  state_->gathered.fail(400, "the message was cut short");
}

const std::optional<H1Parser::Failure>& H1Parser::failure() const {
  return state_->gathered.failure;
}

RequestHead& H1Parser::request() {
  return state_->gathered.request;
}
ResponseHead& H1Parser::response() {
  return state_->gathered.response;
}
const Headers& H1Parser::trailers() const {
  return state_->gathered.trailers;
}

bool H1Parser::keeps_alive() const {
  return state_->with([](const auto& parser) { return parser.keep_alive(); });
}

bool H1Parser::is_http10() const {
  return state_->is_http10;
}

bool H1Parser::expects_continue() const {
  const Headers& headers = state_->gathered.request.headers;
  return !state_->is_http10 && headers.list_contains("expect", "100-continue");
}

bool H1Parser::is_body_empty() const {
  return phase() == Phase::kDone;
}

void H1Parser::expect_no_body() {
  state_->expects_no_body = true;
}

void H1Parser::restart() {
  state_->start();
}

}  // namespace ward::http
