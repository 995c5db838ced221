#include "http/h2_client.h"

#include <unordered_map>
#include <utility>

namespace ward::http {
namespace {
constexpr std::size_t kOutputBatchBytes = 256 * 1024;
}

class H2Client::State final : public H2Events {
 public:
  State(net::Loop& loop, std::unique_ptr<net::Stream> stream, const H2ClientOptions& options,
        Events events)
      : loop_(loop),
        stream_(std::move(stream)),
        options_(options),
        events_(std::move(events)),
        session_(H2Session::Role::kClient, options.limits, *this),
        heard_(loop.clock().monotonic()) {}

  void start() {
    read();
    flush();
    if (options_.keepalive_interval.count() > 0) watch();
  }

  // The owner is gone. The session may be in the middle of a call, so the state outlives this.
  void close() {
    is_closed_ = true;
    observers_.clear();
    events_ = {};
    wake_.cancel();
    keepalive_.cancel();
    stream_.reset();
  }
  bool is_inside() const { return is_inside_ > 0; }
  // Keeps the state until the loop is back at its top.
  void bury(std::unique_ptr<State> self) {
    loop_.post([kept = std::move(self)] {});
  }

  H2Session& session() { return session_; }
  bool can_request() const { return !is_closed_ && session_.can_request(); }

  bool is_lost() const { return is_closed_; }

  void add(StreamId id, ResponseObserver& observer) { observers_[id] = &observer; }
  void abandon(StreamId id, ResetCode code) {
    if (observers_.erase(id) == 0) return;
    session_.reset(id, code);
    wake();
  }
  std::size_t request_count() const { return observers_.size(); }

  void wake() {
    if (is_inside_ > 0 || is_closed_ || std::exchange(is_waking_, true)) return;
    wake_ = loop_.after({}, [this] {
      is_waking_ = false;
      flush();
    });
  }

 private:
  class Inside {
   public:
    explicit Inside(State& state) : state_(state) { ++state_.is_inside_; }
    ~Inside() { --state_.is_inside_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    State& state_;
  };

  ResponseObserver* find(StreamId id) {
    const auto found = observers_.find(id);
    return found == observers_.end() ? nullptr : found->second;
  }

  void read() {
    stream_->read([this](Result<ByteView> bytes) {
      if (!bytes.ok()) return lose(bytes.error());
      if (bytes->empty()) return lose(Error(ErrorCode::kUnavailable, "the server closed"));
      heard_ = loop_.clock().monotonic();
      const auto fed = feed(*bytes);
      // INVARIANT: an event that destroyed the client has left the state to the loop's next task.
      if (is_closed_) return;
      if (!fed.ok()) return lose(fed.error());
      flush();
      if (!is_closed_) read();
    });
  }

  Result<void> feed(ByteView bytes) {
    const Inside inside(*this);
    return session_.feed(bytes);
  }

  void flush() {
    if (is_writing_ || is_closed_) return;
    Bytes out;
    {
      const Inside inside(*this);
      session_.take_output(out, kOutputBatchBytes);
    }
    if (is_closed_) return;
    if (out.empty()) {
      if (session_.is_done()) lose(Error(ErrorCode::kUnavailable, "the server said goodbye"));
      return;
    }
    is_writing_ = true;
    stream_->write(std::move(out), [this](Result<void> written) {
      is_writing_ = false;
      if (!written.ok()) return lose(written.error());
      flush();
    });
  }

  void lose(const Error& why) {
    const Error kept(ErrorCode::kUnavailable, why.message());
    {
      const Inside inside(*this);
      while (!observers_.empty()) {
        const auto node = observers_.extract(observers_.begin());
        node.mapped()->on_close({.code = 0, .why = &kept});
      }
    }
    if (is_closed_) return;
    stream_->close();
    wake_.cancel();
    keepalive_.cancel();
    is_closed_ = true;
    const Inside inside(*this);
    if (auto gone = std::exchange(events_.on_gone, nullptr)) gone(kept);
  }

  // A silent peer is asked, and given up when it does not answer.
  void watch() {
    keepalive_ = loop_.after(options_.keepalive_interval / 2, [this] {
      const auto silence = loop_.clock().monotonic() - heard_;
      if (silence > options_.keepalive_interval + options_.keepalive_timeout) {
        return lose(Error(ErrorCode::kUnavailable, "the server does not answer"));
      }
      if (silence > options_.keepalive_interval && !observers_.empty()) {
        session_.ping();
        flush();
        if (is_closed_) return;
      }
      if (observers_.empty()) heard_ = loop_.clock().monotonic();
      watch();
    });
  }

  void on_response(StreamId id, ResponseHead&& head) override {
    if (auto* observer = find(id)) observer->on_response(std::move(head));
  }
  void on_body(StreamId id, ByteView bytes) override {
    if (auto* observer = find(id)) return observer->on_body(bytes);
    session_.consume(id, bytes.size());
  }
  void on_end(StreamId id, const Headers& trailers) override {
    if (auto* observer = find(id)) observer->on_body_end(trailers);
  }
  void on_progress(StreamId id) override {
    if (auto* observer = find(id)) observer->on_progress();
  }
  void on_close(StreamId id, std::uint32_t code) override {
    const auto node = observers_.extract(id);
    if (!node.empty()) node.mapped()->on_close({.code = code, .why = nullptr});
  }
  void on_goaway(StreamId, std::uint32_t) override {
    if (events_.on_retired) events_.on_retired();
  }

  net::Loop& loop_;
  std::unique_ptr<net::Stream> stream_;
  const H2ClientOptions options_;
  Events events_;
  std::unordered_map<StreamId, ResponseObserver*> observers_;
  H2Session session_;
  MonotonicTime heard_;
  net::Timer wake_;
  net::Timer keepalive_;
  int is_inside_ = 0;  // calls of the session that are under way
  bool is_writing_ = false;
  bool is_waking_ = false;
  bool is_closed_ = false;
};

H2Client::H2Client(net::Loop& loop, std::unique_ptr<net::Stream> stream,
                   const H2ClientOptions& options, Events events)
    : state_(std::make_unique<State>(loop, std::move(stream), options, std::move(events))) {
  state_->start();
}

H2Client::~H2Client() {
  state_->close();
  if (!state_->is_inside()) return;
  // One of its events destroys the client: the session's call returns into the state first.
  State& state = *state_;
  state.bury(std::move(state_));
}

bool H2Client::can_request() const {
  return state_->can_request();
}

bool H2Client::is_lost() const {
  return state_->is_lost();
}

Result<StreamId> H2Client::request(const RequestHead& head, bool is_last,
                                   ResponseObserver& observer) {
  WARD_TRY(const StreamId id, state_->session().request(head, is_last));
  state_->add(id, observer);
  state_->wake();
  return id;
}

void H2Client::send_body(StreamId id, ByteView bytes) {
  state_->session().send_body(id, bytes);
  state_->wake();
}

void H2Client::finish(StreamId id, const Headers& trailers) {
  state_->session().finish(id, trailers);
  state_->wake();
}

void H2Client::consume(StreamId id, std::size_t bytes) {
  state_->session().consume(id, bytes);
  state_->wake();
}

std::size_t H2Client::unsent(StreamId id) const {
  return state_->session().unsent(id);
}

void H2Client::abandon(StreamId id, ResetCode code) {
  state_->abandon(id, code);
}

std::size_t H2Client::request_count() const {
  return state_->request_count();
}

}  // namespace ward::http
