#include "net/tls/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace ward::net {
namespace {

// Plaintext that is encrypted and given to the wire at a time; so a large write is not in memory
// twice.
constexpr std::size_t kWritePieceSize = std::size_t{256} << 10;
// Plaintext delivered by one read.
constexpr std::size_t kReadSize = 65'536;
// Answers to key updates that wait while the peer takes none (RFC 8446 4.6.3). More is an attack.
constexpr std::size_t kControlBytesMax = std::size_t{64} << 10;

}  // namespace

class TlsSession : public std::enable_shared_from_this<TlsSession> {
 public:
  TlsSession(Loop& loop, std::unique_ptr<Stream> wire, std::unique_ptr<TlsEngine> engine,
             const TlsLimits& limits, ConnectCallback done)
      : loop_(loop),
        wire_(std::move(wire)),
        engine_(std::move(engine)),
        limits_(limits),
        done_(std::move(done)) {}

  void start() {
    deadline_ = loop_.after(limits_.handshake_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->finish_handshake(Error(ErrorCode::kDeadlineExceeded, "TLS handshake: time-out"));
    });
    later([](TlsSession& self) { self.step_handshake(); });
  }

  void cancel() {
    if (done_) close();
  }

  void read(Stream::ReadCallback done) {
    WARD_CHECK(!reader_ && !is_closed_);
    reader_ = std::move(done);
    if (read_failure_ || is_ended_ || engine_->has_input()) {
      later([](TlsSession& self) { self.pump_read(); });
    } else {
      read_wire();
    }
  }

  void write(Bytes bytes, Stream::WriteCallback done) {
    WARD_CHECK(!writer_ && !is_shut_ && !is_closed_);
    writer_ = std::move(done);
    outgoing_ = std::move(bytes);
    written_ = 0;
    if (!pump_write()) later([](TlsSession& self) { self.finish_write(); });
  }

  void shutdown() {
    WARD_CHECK(!writer_);
    if (std::exchange(is_shut_, true)) return;
    engine_->shutdown();
    flush();
  }

  void close() {
    if (std::exchange(is_closed_, true)) return;
    deadline_.cancel();
    wire_->close();
    const auto done = std::exchange(done_, nullptr);
    const auto reader = std::exchange(reader_, nullptr);
    const auto writer = std::exchange(writer_, nullptr);
    outgoing_ = {};
  }

  const Peer& peer() const { return peer_; }

 private:
  template <typename Step>
  void later(Step step) {
    loop_.post([self = shared_from_this(), step] {
      if (!self->is_closed_) step(*self);
    });
  }

  void step_handshake() {
    switch (engine_->handshake()) {
      case TlsEngine::Progress::kDone:
        engine_->keep_input();
        flush();
        return complete();
      case TlsEngine::Progress::kNeedsInput:
        flush();
        return read_wire();
      case TlsEngine::Progress::kEnded:
        return finish_handshake(Error(ErrorCode::kUnavailable, "TLS handshake: the peer ended it"));
      case TlsEngine::Progress::kFailed:
        // The alert tells the peer why; the result waits until it is out.
        refusal_ = engine_->error();
        flush();
        if (!is_writing_) finish_handshake(*refusal_);
        return;
    }
    WARD_UNREACHABLE();
  }

  void handshake_bytes(Result<ByteView> bytes) {
    if (!bytes.ok()) return finish_handshake(bytes.error().in("TLS handshake"));
    if (bytes->empty()) {
      return finish_handshake(
          Error(ErrorCode::kUnavailable, "TLS handshake: the peer closed the connection"));
    }
    handshake_size_ += bytes->size();
    // A peer that is done may send what follows in the same segment; that is not its handshake.
    engine_->feed(*bytes);
    step_handshake();
    if (done_ && !refusal_ && handshake_size_ > limits_.handshake_size_max) {
      finish_handshake(make_error(ErrorCode::kResourceExhausted,
                                  "TLS handshake: more than {} bytes", limits_.handshake_size_max));
    }
  }

  void complete();

  void finish_handshake(Error error) {
    auto done = std::exchange(done_, nullptr);
    close();
    if (done) done(std::move(error));
  }

  void flush() {
    if (is_writing_ || engine_->output_size() == 0) return;
    is_writing_ = true;
    wire_->write(engine_->take_output(), [self = shared_from_this()](Result<void> result) {
      self->is_writing_ = false;
      self->flushed(std::move(result));
    });
  }

  void flushed(Result<void> result) {
    if (!result.ok() && !write_failure_) write_failure_ = result.error();
    if (refusal_) return finish_handshake(*refusal_);
    if (!write_failure_) flush();
    if (writer_) {
      if (!pump_write()) finish_write();
    } else if (is_shut_ && !is_writing_ && !write_failure_) {
      wire_->shutdown();
    }
  }

  void read_wire() {
    if (std::exchange(is_reading_, true)) return;
    wire_->read([self = shared_from_this()](Result<ByteView> bytes) {
      self->is_reading_ = false;
      if (self->done_) return self->handshake_bytes(std::move(bytes));
      self->wire_bytes(std::move(bytes));
    });
  }

  void wire_bytes(Result<ByteView> bytes) {
    if (!bytes.ok()) {
      read_failure_ = bytes.error();
    } else if (bytes->empty()) {
      // RFC 8446 6.1: without close_notify anybody on the path may have cut the stream.
      read_failure_ = Error(ErrorCode::kDataLoss, "TLS read: the stream was cut short");
    } else {
      engine_->feed(*bytes);
    }
    pump_read();
  }

  void pump_read() {
    std::array<std::uint8_t, kReadSize> plain;
    std::size_t size = 0;
    while (!read_failure_ && !is_ended_ && size < plain.size()) {
      std::size_t count = 0;
      const auto progress = engine_->read(std::span(plain).subspan(size), count);
      size += count;
      if (progress == TlsEngine::Progress::kNeedsInput) break;
      if (progress == TlsEngine::Progress::kEnded) is_ended_ = true;
      if (progress == TlsEngine::Progress::kFailed) read_failure_ = engine_->error();
    }
    engine_->keep_input();
    flush();
    if (engine_->output_size() > kControlBytesMax)
      read_failure_ = Error(ErrorCode::kResourceExhausted, "TLS read: too many key updates");
    if (size > 0 || read_failure_ || is_ended_) {
      deliver(ByteView(plain.data(), size));
    } else {
      read_wire();
    }
  }

  void deliver(ByteView bytes) {
    auto reader = std::exchange(reader_, nullptr);
    if (!reader) return;
    if (bytes.empty() && read_failure_) {
      reader(*read_failure_);
    } else {
      reader(bytes);
    }
  }

  // Encrypts the next piece. False when there is none, or writing failed.
  bool pump_write() {
    if (is_writing_) return !write_failure_;
    const auto piece = ByteView(outgoing_).subspan(
        written_, std::min(kWritePieceSize, outgoing_.size() - written_));
    for (std::size_t done = 0; done < piece.size() && !write_failure_;) {
      std::size_t count = 0;
      if (engine_->write(piece.subspan(done), count) != TlsEngine::Progress::kDone) {
        write_failure_ = Error(ErrorCode::kUnavailable, "TLS write: the connection is over");
      }
      done += count;
    }
    written_ += piece.size();
    if (piece.empty() || write_failure_) return false;
    flush();
    return true;
  }

  void finish_write() {
    auto writer = std::exchange(writer_, nullptr);
    outgoing_ = {};
    if (!writer) return;
    if (write_failure_) {
      writer(*write_failure_);
    } else {
      writer({});
    }
  }

  Loop& loop_;
  std::unique_ptr<Stream> wire_;
  std::unique_ptr<TlsEngine> engine_;
  const TlsLimits limits_;
  ConnectCallback done_;  // set until the handshake is over
  std::optional<Error> refusal_;
  std::size_t handshake_size_ = 0;
  Timer deadline_;
  Peer peer_;
  Stream::ReadCallback reader_;
  Stream::WriteCallback writer_;
  Bytes outgoing_;
  std::size_t written_ = 0;
  std::optional<Error> read_failure_, write_failure_;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_ended_ = false;
  bool is_shut_ = false;
  bool is_closed_ = false;
};

namespace {

class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<TlsSession> session) : session_(std::move(session)) {}
  ~TlsStream() override { session_->close(); }

  void read(ReadCallback done) override { session_->read(std::move(done)); }
  void write(Bytes bytes, WriteCallback done) override {
    session_->write(std::move(bytes), std::move(done));
  }
  void shutdown() override { session_->shutdown(); }
  void close() override { session_->close(); }
  const Peer& peer() const override { return session_->peer(); }
  std::string_view alpn() const override { return session_->peer().tls->alpn; }

 private:
  std::shared_ptr<TlsSession> session_;
};

}  // namespace

void TlsSession::complete() {
  deadline_.cancel();
  peer_ = wire_->peer();
  peer_.tls = engine_->peer();
  auto done = std::exchange(done_, nullptr);
  done(std::make_unique<TlsStream>(shared_from_this()));
}

std::shared_ptr<TlsSession> start_tls(Loop& loop, std::unique_ptr<Stream> wire,
                                      std::unique_ptr<TlsEngine> engine, const TlsLimits& limits,
                                      ConnectCallback done) {
  auto session = std::make_shared<TlsSession>(loop, std::move(wire), std::move(engine), limits,
                                              std::move(done));
  session->start();
  return session;
}

void cancel_tls(const std::shared_ptr<TlsSession>& session) {
  session->cancel();
}

}  // namespace ward::net
