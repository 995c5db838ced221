#include "world/snapshot.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <cstring>

#include "crypto/hash.h"
#include "world/entity_proto.h"
#include "world/identity_reader.h"

namespace ward::world {
namespace {

constexpr std::string_view kMagic = "WARDWLD1";  // the last character is the version
constexpr std::size_t kHeaderBytes = 16;         // magic, revision
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kTrailerBytes = 8 + 32;  // count of records, SHA-256 of all before it

template <typename Integer>
void put_integer(Bytes& out, Integer value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

template <typename Integer>
Integer get_integer(ByteView bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Integer>(value << 8 | bytes[i]);
  return value;
}

Error damaged(std::string_view why) {
  return make_error(ErrorCode::kDataLoss, "world snapshot: {}", why);
}

// Gathers records into chunks and hashes what leaves.
class Writer {
 public:
  explicit Writer(const ByteSink& sink) : sink_(sink) {}

  Bytes& pending() { return pending_; }

  template <typename T>
  Result<void> record(const T& entity) {
    message_.Clear();
    to_wire(Entity(entity), message_);
    const std::size_t size = message_.ByteSizeLong();
    put_integer(pending_, static_cast<std::uint32_t>(size));
    const std::size_t start = pending_.size();
    pending_.resize(start + size);
    google::protobuf::io::ArrayOutputStream array(pending_.data() + start, static_cast<int>(size));
    google::protobuf::io::CodedOutputStream stream(&array);
    stream.SetSerializationDeterministic(true);
    WARD_CHECK(message_.SerializeToCodedStream(&stream));
    ++count_;
    return pending_.size() >= kSnapshotChunkBytes ? flush() : Result<void>();
  }

  Result<void> finish() {
    put_integer(pending_, std::uint32_t{0});
    put_integer(pending_, count_);
    hash_.update(pending_);
    append(pending_, ByteView(hash_.finish()));
    return send();
  }

 private:
  Result<void> flush() {
    hash_.update(pending_);
    return send();
  }

  // Larger only for a single record that is.
  Result<void> send() {
    WARD_RETURN_IF_ERROR(sink_(pending_));
    pending_.clear();
    return {};
  }

  const ByteSink& sink_;
  Bytes pending_;
  wire::Entity message_;
  std::uint64_t count_ = 0;
  crypto::Sha256 hash_;
};

}  // namespace

Result<void> write_snapshot(const World& world, const ByteSink& sink) {
  Writer writer(sink);
  append(writer.pending(), kMagic);
  put_integer(writer.pending(), world.revision());
  Result<void> done;
  world.visit_all([&](const auto& entity) {
    done = writer.record(entity);
    return done.ok();
  });
  WARD_RETURN_IF_ERROR(std::move(done));
  return writer.finish();
}

struct SnapshotReader::State {
  enum class Part : std::uint8_t { kHeader, kRecords, kTrailer, kDone };

  // Takes one header, record or trailer from the front; 0 when more bytes are needed.
  Result<std::size_t> step(ByteView bytes) {
    switch (part) {
      case Part::kHeader:
        return header(bytes);
      case Part::kRecords:
        return record(bytes);
      case Part::kTrailer:
        return trailer(bytes);
      case Part::kDone:
        return damaged("bytes follow the end");
    }
    WARD_UNREACHABLE();
  }

  Result<std::size_t> header(ByteView bytes) {
    if (bytes.size() < kHeaderBytes) return std::size_t{0};
    const std::string_view magic = as_text(bytes.first(kMagic.size()));
    if (magic.substr(0, 7) != kMagic.substr(0, 7)) return damaged("it does not begin as one");
    if (magic != kMagic) {
      return make_error(ErrorCode::kUnimplemented,
                        "world snapshot: version {} was expected, got `{}`", kMagic.back(),
                        static_cast<int>(magic.back()));
    }
    editor.set_revision(get_integer<std::uint64_t>(bytes.subspan(kMagic.size())));
    part = Part::kRecords;
    return kHeaderBytes;
  }

  Result<std::size_t> record(ByteView bytes) {
    if (bytes.size() < kLengthBytes) return std::size_t{0};
    const std::size_t length = get_integer<std::uint32_t>(bytes);
    if (length > kPolicyFactBytesMax) return damaged("a record is past the bound");
    if (bytes.size() < kLengthBytes + length) return std::size_t{0};
    if (length == 0) {
      part = Part::kTrailer;
      return kLengthBytes;
    }
    auto entity = parse(bytes.subspan(kLengthBytes, length));
    if (!entity.ok()) return damaged(entity.error().message());
    if (auto checked = check(*entity); !checked.ok()) return damaged(checked.error().message());
    editor.put(*std::move(entity));
    ++count;
    return kLengthBytes + length;
  }

  Result<Entity> parse(ByteView bytes) {
    if (auto identity = identities.read(bytes)) return Entity(*std::move(identity));
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      return invalid_argument("a record does not parse");
    return from_wire(message);
  }

  Result<std::size_t> trailer(ByteView bytes) {
    if (bytes.size() < kTrailerBytes) return std::size_t{0};
    hash_up_to(bytes.subspan(8));
    if (get_integer<std::uint64_t>(bytes) != count) return damaged("records are missing");
    const crypto::Sha256Digest digest = hash.finish();
    if (!std::ranges::equal(digest, bytes.subspan(8, 32)))
      return damaged("the SHA-256 does not match");
    part = Part::kDone;
    return kTrailerBytes;
  }

  // PERF: in one piece what came in one piece; by records it takes half as long again.
  void hash_up_to(ByteView later) {
    hash.update(unhashed.first(unhashed.size() - later.size()));
    unhashed = later;
  }

  Part part = Part::kHeader;
  Bytes rest;         // an incomplete part
  ByteView unhashed;  // of `rest`, while it is fed
  WorldEditor editor{World()};
  IdentityReader identities;
  wire::Entity message;
  std::uint64_t count = 0;
  crypto::Sha256 hash;
};

SnapshotReader::SnapshotReader() : state_(std::make_unique<State>()) {}
SnapshotReader::SnapshotReader(SnapshotReader&&) noexcept = default;
SnapshotReader& SnapshotReader::operator=(SnapshotReader&&) noexcept = default;
SnapshotReader::~SnapshotReader() = default;

Result<void> SnapshotReader::feed(ByteView bytes) {
  append(state_->rest, bytes);
  ByteView view = state_->unhashed = state_->rest;
  while (!view.empty()) {
    WARD_TRY(const std::size_t taken, state_->step(view));
    if (taken == 0) break;
    view = view.subspan(taken);
  }
  state_->hash_up_to(view);
  // INVARIANT: what stays is less than one part, so the buffer is bounded by the bound of a record.
  state_->rest.erase(state_->rest.begin(),
                     state_->rest.end() - static_cast<std::ptrdiff_t>(view.size()));
  return {};
}

Result<World> SnapshotReader::finish() && {
  if (state_->part != State::Part::kDone) return damaged("it is cut short");
  return std::move(state_->editor).finish();
}

}  // namespace ward::world
