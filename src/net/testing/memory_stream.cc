// Both streams share one Link. Whatever changes asks for a pump, a task of the loop that makes at
// most one callback and asks for the next; so callbacks are never nested and either stream may go
// away in any of them.
#include "net/testing/memory_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace ward::net::testing {
namespace {

struct Write {
  Bytes bytes;
  std::size_t done = 0;
  Stream::WriteCallback callback;
};

struct Side {
  Bytes inbox;  // written by the other side, not yet read
  bool is_shut = false;
  bool is_closed = false;
  Stream::ReadCallback reader;
  std::optional<Write> writer;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Loop& loop, const MemoryStreamOptions& options)
      : loop_(loop), buffer_size_(options.buffer_size), read_size_max_(options.read_size_max) {}

  Side& side(int index) { return sides_[static_cast<std::size_t>(index)]; }

  void ask_pump() {
    if (std::exchange(is_asked_, true)) return;
    loop_.post([self = shared_from_this()] {
      self->is_asked_ = false;
      if (self->pump(0) || self->pump(1)) self->ask_pump();
    });
  }

  void close(int index) {
    Side& mine = side(index);
    mine.is_closed = true;
    mine.inbox.clear();
    // Moved out first: what a callback holds may close the other stream as it goes.
    const auto reader = std::exchange(mine.reader, nullptr);
    const auto writer = std::exchange(mine.writer, std::nullopt);
    ask_pump();
  }

 private:
  bool pump(int index) { return pump_write(side(index), side(1 - index)) || pump_read(index); }

  bool pump_write(Side& mine, Side& other) {
    if (!mine.writer) return false;
    if (other.is_closed) {
      auto callback = std::move(mine.writer->callback);
      mine.writer.reset();
      callback(Error(ErrorCode::kUnavailable, "the peer closed the connection"));
      return true;
    }
    Write& write = *mine.writer;
    const auto room = buffer_size_ - std::min(buffer_size_, other.inbox.size());
    const auto count = std::min(room, write.bytes.size() - write.done);
    append(other.inbox, ByteView(write.bytes).subspan(write.done, count));
    write.done += count;
    if (write.done < write.bytes.size()) return count > 0;  // the other side may read now
    auto callback = std::move(write.callback);
    mine.writer.reset();
    callback({});
    return true;
  }

  bool pump_read(int index) {
    Side& mine = side(index);
    const Side& other = side(1 - index);
    if (!mine.reader) return false;
    const auto count = std::min(read_size_max_, mine.inbox.size());
    if (count == 0 && !other.is_shut && !other.is_closed) return false;
    const auto end = mine.inbox.begin() + static_cast<std::ptrdiff_t>(count);
    const Bytes chunk(mine.inbox.begin(), end);
    mine.inbox.erase(mine.inbox.begin(), end);
    std::exchange(mine.reader, nullptr)(ByteView(chunk));
    return true;
  }

  Loop& loop_;
  const std::size_t buffer_size_;
  const std::size_t read_size_max_;
  std::array<Side, 2> sides_;
  bool is_asked_ = false;
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::shared_ptr<Link> link, int index, Peer peer, std::string alpn)
      : link_(std::move(link)), index_(index), peer_(std::move(peer)), alpn_(std::move(alpn)) {}
  ~MemoryStream() override { close(); }

  void read(ReadCallback done) override {
    Side& mine = link_->side(index_);
    WARD_CHECK(!mine.reader && !mine.is_closed);
    mine.reader = std::move(done);
    link_->ask_pump();
  }

  void write(Bytes bytes, WriteCallback done) override {
    Side& mine = link_->side(index_);
    WARD_CHECK(!mine.writer && !mine.is_shut && !mine.is_closed);
    mine.writer.emplace(std::move(bytes), 0, std::move(done));
    link_->ask_pump();
  }

  void shutdown() override {
    Side& mine = link_->side(index_);
    WARD_CHECK(!mine.writer);
    mine.is_shut = true;
    link_->ask_pump();
  }

  void close() override {
    if (!link_->side(index_).is_closed) link_->close(index_);
  }

  const Peer& peer() const override { return peer_; }
  std::string_view alpn() const override { return alpn_; }

 private:
  std::shared_ptr<Link> link_;
  int index_;
  Peer peer_;
  std::string alpn_;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_memory_streams(
    Loop& loop, MemoryStreamOptions options) {
  const auto link = std::make_shared<Link>(loop, options);
  return {std::make_unique<MemoryStream>(link, 0, std::move(options.first_sees), options.alpn),
          std::make_unique<MemoryStream>(link, 1, std::move(options.second_sees), options.alpn)};
}

}  // namespace ward::net::testing
