// Reading waits for readiness and then reads into the loop's scratch buffer; so ten thousand idle
// connections hold no buffers. Writing tries at once and waits only for what did not go.
#include "net/socket_stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <utility>

#include "base/check.h"

namespace ward::net {
namespace {

using ErrorCodeOf = boost::system::error_code;

bool would_block(const ErrorCodeOf& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

// What the handlers of a stream share with it; they keep it alive until they have run.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(SystemLoop& loop, Socket socket, const StreamLimits& limits,
             std::shared_ptr<void> lease)
      : loop_(loop), socket_(std::move(socket)), limits_(limits), lease_(std::move(lease)) {}

  void start() {
    if (limits_.idle_timeout > Duration::zero()) watch_idle(limits_.idle_timeout);
  }

  void read(Stream::ReadCallback done) {
    WARD_CHECK(!reader_ && !is_closed_);
    reader_ = std::move(done);
    if (read_failure_ || is_ended_) {
      later([](Connection& self) { self.finish_read({}); });
    } else {
      wait_read();
    }
  }

  void write(Bytes bytes, Stream::WriteCallback done) {
    WARD_CHECK(!writer_ && !is_closed_);
    writer_ = std::move(done);
    if (bytes.size() > limits_.write_size_max && !write_failure_) {
      write_failure_ =
          make_error(ErrorCode::kResourceExhausted, "write of {} bytes, at most {} are allowed",
                     bytes.size(), limits_.write_size_max);
    }
    outgoing_ = std::move(bytes);
    written_ = 0;
    if (write_failure_ || write_some()) {
      later([](Connection& self) { self.finish_write(); });
    } else {
      watch_write();
      wait_write();
    }
  }

  void shutdown() {
    WARD_CHECK(!writer_);
    ErrorCodeOf ignored;  // a peer that is gone shows in the next read
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

  void close() {
    if (std::exchange(is_closed_, true)) return;
    ErrorCodeOf ignored;
    socket_.close(ignored);
    idle_timer_.cancel();
    write_timer_.cancel();
    const auto reader = std::exchange(reader_, nullptr);
    const auto writer = std::exchange(writer_, nullptr);
    outgoing_ = {};
    lease_.reset();
  }

 private:
  // Runs `step` from the loop, unless the stream is closed by then.
  template <typename Step>
  void later(Step step) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), step] {
      if (!self->is_closed_) step(*self);
    });
  }

  void wait_read() {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCodeOf& error) {
      if (!self->is_closed_ && self->reader_ && !self->read_failure_) self->read_some(error);
    });
  }

  void read_some(ErrorCodeOf error) {
    auto& scratch = loop_.io().scratch;
    std::size_t count = 0;
    if (!error) count = socket_.read_some(asio::buffer(scratch), error);
    if (would_block(error)) return wait_read();
    if (error == asio::error::eof) {
      is_ended_ = true;
    } else if (error) {
      read_failure_ = to_error(error, "read");
    }
    touch();
    finish_read(ByteView(scratch.data(), count));
  }

  void finish_read(ByteView bytes) {
    auto reader = std::exchange(reader_, nullptr);
    if (!reader) return;
    if (read_failure_) {
      reader(*read_failure_);
    } else {
      reader(bytes);
    }
  }

  // True when nothing is left to write, or never will be.
  bool write_some() {
    while (written_ < outgoing_.size()) {
      ErrorCodeOf error;
      const auto rest = ByteView(outgoing_).subspan(written_);
      const auto count = socket_.write_some(asio::buffer(rest.data(), rest.size()), error);
      if (would_block(error)) return false;
      if (error) {
        write_failure_ = to_error(error, "write");
        return true;
      }
      written_ += count;
      is_write_moving_ = true;
      touch();
    }
    return true;
  }

  void wait_write() {
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCodeOf&) {
      if (self->is_closed_ || !self->writer_) return;
      if (self->write_failure_ || self->write_some()) {
        self->finish_write();
      } else {
        self->wait_write();
      }
    });
  }

  void finish_write() {
    write_timer_.cancel();
    auto writer = std::exchange(writer_, nullptr);
    outgoing_ = {};
    if (!writer) return;
    if (write_failure_) {
      writer(*write_failure_);
    } else {
      writer({});
    }
  }

  // A write may take long as a whole while the peer keeps taking bytes.
  void watch_write() {
    is_write_moving_ = false;
    write_timer_ = loop_.after(limits_.write_timeout, [this] {
      if (is_write_moving_) return watch_write();
      fail(Error(ErrorCode::kDeadlineExceeded, "write time-out: the peer takes no bytes"));
    });
  }

  void touch() {
    if (limits_.idle_timeout > Duration::zero()) active_ = steady_now();
  }

  // One timer for a long time, not one a byte: when it fires it looks how long ago the last byte
  // was.
  void watch_idle(Duration wait) {
    idle_timer_ = loop_.after(wait, [this] {
      const auto left = active_ + limits_.idle_timeout - steady_now();
      if (left > Duration::zero()) return watch_idle(left);
      fail(Error(ErrorCode::kDeadlineExceeded, "idle time-out"));
    });
  }

  // The end of both directions. The socket closes with the stream.
  void fail(const Error& error) {
    if (!read_failure_) read_failure_ = error;
    if (!write_failure_) write_failure_ = error;
    idle_timer_.cancel();
    write_timer_.cancel();
    later([](Connection& self) { self.finish_read({}); });
    later([](Connection& self) { self.finish_write(); });
  }

  SystemLoop& loop_;
  Socket socket_;
  const StreamLimits limits_;
  std::shared_ptr<void> lease_;
  Stream::ReadCallback reader_;
  Stream::WriteCallback writer_;
  Bytes outgoing_;
  std::size_t written_ = 0;
  // Apart, because a peer that reads no more may have sent an answer worth reading.
  std::optional<Error> read_failure_, write_failure_;
  bool is_ended_ = false;
  bool is_closed_ = false;
  bool is_write_moving_ = false;
  MonotonicTime active_ = steady_now();
  // INVARIANT: their callbacks take `this`, and they are cancelled in close(), which the stream's
  // destructor calls; so they never run on a Connection that is gone.
  Timer idle_timer_, write_timer_;
};

class SocketStream final : public Stream {
 public:
  SocketStream(std::shared_ptr<Connection> connection, Peer peer)
      : connection_(std::move(connection)), peer_(std::move(peer)) {}
  ~SocketStream() override { connection_->close(); }

  void read(ReadCallback done) override { connection_->read(std::move(done)); }
  void write(Bytes bytes, WriteCallback done) override {
    connection_->write(std::move(bytes), std::move(done));
  }
  void shutdown() override { connection_->shutdown(); }
  void close() override { connection_->close(); }
  const Peer& peer() const override { return peer_; }
  std::string_view alpn() const override { return {}; }

 private:
  std::shared_ptr<Connection> connection_;
  Peer peer_;
};

}  // namespace

std::unique_ptr<Stream> make_socket_stream(SystemLoop& loop, Socket socket, Peer peer,
                                           const StreamLimits& limits,
                                           std::shared_ptr<void> lease) {
  ErrorCodeOf ignored;
  socket.non_blocking(true, ignored);
  if (!peer.unix_peer) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(loop, std::move(socket), limits, std::move(lease));
  connection->start();
  return std::make_unique<SocketStream>(std::move(connection), std::move(peer));
}

}  // namespace ward::net
