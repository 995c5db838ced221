#include "agent/evidence_shipper.h"

#include <algorithm>
#include <utility>

#include "evidence/reader.h"
#include "grpc/status.h"
#include "ward/node/v1/node.pb.h"

namespace ward::agent {
namespace {

namespace wire = ward::node::v1;

// Of an earlier turn, whose result is void, one each; more turns than these take seconds.
constexpr std::size_t kJobsMax = 16;

grpc::ChannelOptions channel_options() {
  grpc::ChannelOptions options;
  options.is_tls = true;
  return options;
}

}  // namespace

std::string cosigned_path(const std::string& directory) {
  return directory + ".cosigned";
}

Result<std::optional<evidence::TreeHead>> load_cosigned_head(
    const os::FileSystem& files, const std::string& directory,
    std::span<const evidence::VerifierKey> keys) {
  const std::string path = cosigned_path(directory);
  WARD_TRY(const auto status, files.status(path));
  if (!status) return std::nullopt;
  WARD_TRY(const Bytes bytes, files.read_file(path, evidence::kCheckpointBytesMax));
  WARD_TRY(const auto opened, evidence::open_checkpoint(as_text(bytes), keys).in(path));
  return opened.checkpoint.tree;
}

Result<std::string> add_cosignature(const std::string& checkpoint, std::string_view lines,
                                    const evidence::VerifierKey& log_key,
                                    const evidence::VerifierKey& witness_key) {
  std::string note = checkpoint + std::string(lines);
  if (note.size() > evidence::kCheckpointBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a cosigned checkpoint of {} bytes",
                      note.size());
  }
  WARD_TRY(const auto before, evidence::parse_note(checkpoint));
  WARD_TRY(const auto after, evidence::parse_note(note).in("the cosignature"));
  if (after.text != before.text || after.signatures.size() <= before.signatures.size()) {
    return invalid_argument("the server's cosignature is none");
  }
  const evidence::VerifierKey keys[] = {log_key, witness_key};
  WARD_TRY(const auto opened, evidence::open_checkpoint(note, keys).in("the cosignature"));
  const bool is_cosigned =
      std::ranges::any_of(opened.signatures, [&](const auto& one) { return one.key == &keys[1]; });
  if (is_cosigned) return note;
  return make_error(ErrorCode::kUnauthenticated, "the cosignature is not by `{}`",
                    witness_key.text());
}

// The call with its connection.
class EvidenceShipper::Call final : public grpc::ResponseReader<wire::ShipEvidenceResponse> {
 public:
  explicit Call(EvidenceShipper& shipper)
      : shipper_(shipper),
        channel_(shipper.loop_, shipper.random_, shipper.connector_, channel_options()),
        writer_(channel_.bidi<wire::ShipEvidenceRequest, wire::ShipEvidenceResponse>(
            "ward.node.v1.NodeControl/ShipEvidence", {}, *this)) {}

  void write(const wire::ShipEvidenceRequest& request) { writer_.write(request); }

  void on_message(wire::ShipEvidenceResponse& response) override { shipper_.on_answer(response); }
  void on_done(const Result<void>& status) override {
    shipper_.pause(status.ok() ? Error(ErrorCode::kUnavailable, "the server ended the call")
                               : status.error());
  }

 private:
  EvidenceShipper& shipper_;
  grpc::Channel channel_;
  grpc::ClientWriter<wire::ShipEvidenceRequest> writer_;
};

EvidenceShipper::EvidenceShipper(const ServerLink& link, evidence::EvidenceLog& evidence,
                                 WitnessPin& witness, os::FileSystem& files, net::Loop& loop,
                                 Random& random, grpc::Connector connector,
                                 EvidenceShipperOptions options, Log log)
    : link_(link),
      evidence_(evidence),
      witness_(witness),
      files_(files),
      loop_(loop),
      random_(random),
      connector_(std::move(connector)),
      options_(std::move(options)),
      log_(log.part("ship")),
      next_(options_.cosigned_size),
      worker_(loop, kJobsMax) {}

EvidenceShipper::~EvidenceShipper() = default;

void EvidenceShipper::on_connected() {
  backoff_ = kShipPauseMin;
  const auto met = witness_.meet(link_.witness_key());
  if (!met.ok()) log_.error("the server's witness is not taken: {}", met.error().text());
  begin();
}

// Also when there is a call: the node's certificate may be a new one, and the server another.
void EvidenceShipper::begin() {
  close();
  if (!link_.is_connected()) return;
  call_ = std::make_unique<Call>(*this);
  state_ = State::kIdle;
  done_.clear();
  has_moved_ = false;
  look();
}

// Not within an event of the call.
void EvidenceShipper::close() {
  ++turn_;
  state_ = State::kDown;
  timer_.cancel();
  tick_.cancel();
  call_.reset();
}

void EvidenceShipper::look() {
  if (!link_.is_connected()) return close();
  tick_ = loop_.after(options_.interval, [this] { look(); });
  if (state_ == State::kIdle && evidence_.last_checkpoint() != done_) read();
}

// `job` on the worker, then `then` on the loop unless another turn has begun.
template <typename T>
void EvidenceShipper::work(std::move_only_function<Result<T>()> job,
                           void (EvidenceShipper::*then)(Result<T>)) {
  const bool is_taken =
      worker_.enqueue([this, turn = turn_, job = std::move(job), then]() mutable -> net::Task {
        return [this, turn, then, result = job()]() mutable {
          if (turn == turn_) (this->*then)(std::move(result));
        };
      });
  if (!is_taken) {
    pause(make_error(ErrorCode::kResourceExhausted, "{} reads of evidence wait", kJobsMax));
  }
}

void EvidenceShipper::read() {
  state_ = State::kReading;
  // To the end of a bundle, so that each is read once.
  const auto count =
      kShipEntriesMax - static_cast<std::uint32_t>(next_ % std::uint64_t{kShipEntriesMax});
  work<Part>(
      [this, first = next_, count]() -> Result<Part> {
        WARD_TRY(const auto log,
                 evidence::LogReader::open(files_, options_.directory, {&options_.key, 1}));
        WARD_TRY(auto shipment, evidence::export_since(log, first, kShipBytesMax, count));
        return Part{.shipment = std::move(shipment), .log_size = log.size()};
      },
      &EvidenceShipper::on_read);
}

void EvidenceShipper::on_read(Result<Part> part) {
  if (!part.ok()) return pause(part.error());
  if (part->log_size > 0) return send(std::move(*part));
  done_ = std::move(part->shipment.checkpoint);
  state_ = State::kIdle;
}

void EvidenceShipper::send(Part part) {
  const evidence::Shipment& shipment = part.shipment;
  wire::ShipEvidenceRequest request;
  request.set_log_origin(options_.key.name());
  request.set_first_index(shipment.first);
  request.set_count(shipment.count);
  request.set_entries(std::string(as_text(shipment.entries)));
  for (const evidence::Hash& hash : shipment.consistency) {
    request.add_consistency(hash.data(), hash.size());
  }
  request.set_checkpoint(shipment.checkpoint);
  sent_ = shipment.checkpoint;
  sent_to_ = shipment.first + shipment.count;
  log_size_ = part.log_size;
  state_ = State::kAwaiting;
  timer_ = loop_.after(kShipAnswerTimeout, [this] {
    pause(Error(ErrorCode::kDeadlineExceeded, "the server did not answer"));
  });
  call_->write(request);
}

void EvidenceShipper::on_answer(const wire::ShipEvidenceResponse& response) {
  if (state_ != State::kAwaiting) return;
  timer_.cancel();
  if (!response.has_error()) return on_taken(response);
  on_refused(response.size(), grpc::error_of(response.error().code(), response.error().message()));
}

void EvidenceShipper::on_taken(const wire::ShipEvidenceResponse& response) {
  if (response.size() != sent_to_) {
    return pause(make_error(ErrorCode::kInternal,
                            "the server says that it has {} entries; {} were sent", response.size(),
                            sent_to_));
  }
  next_ = sent_to_;
  has_moved_ = false;
  if (next_ == log_size_) return keep(response.cosignature());
  backoff_ = kShipPauseMin;
  read();
}

// Once without a pause, because it is usual: the server lost what it had not all of, or the agent
// did not hear its last answer.
void EvidenceShipper::on_refused(std::uint64_t server_size, const Error& error) {
  const bool is_elsewhere = error.code() == ErrorCode::kAborted && server_size != next_;
  if (!is_elsewhere || std::exchange(has_moved_, true)) return pause(error);
  log_.info("the server has {} entries of the log, not {}", server_size, next_);
  next_ = server_size;
  read();
}

void EvidenceShipper::keep(std::string cosignature) {
  state_ = State::kKeeping;
  work<void>(
      [this, checkpoint = sent_, cosignature = std::move(cosignature),
       witness = witness_.key()]() -> Result<void> {
        if (!witness) return Error(ErrorCode::kFailedPrecondition, "no witness key is known");
        WARD_TRY(const std::string note,
                 add_cosignature(checkpoint, cosignature, options_.key, *witness));
        return files_.write_file(cosigned_path(options_.directory), as_bytes(note),
                                 evidence::kLogFileMode);
      },
      &EvidenceShipper::on_kept);
}

void EvidenceShipper::on_kept(Result<void> kept) {
  if (!kept.ok()) {
    if (kept.error().code() == ErrorCode::kUnauthenticated) {
      log_.error("the server's cosignature is refused: {}", kept.error().message());
    }
    return pause(kept.error());
  }
  backoff_ = kShipPauseMin;
  evidence_.allow_pruning(log_size_);
  done_ = sent_;
  state_ = State::kIdle;
}

// Also within an event of the call, which goes at the end of the pause.
void EvidenceShipper::pause(const Error& error) {
  if (state_ == State::kDown || state_ == State::kPausing) return;
  log_.warn("evidence is not shipped: {}", error.text());
  ++turn_;
  state_ = State::kPausing;
  const auto pause = std::exchange(backoff_, std::min(backoff_ * 2, kShipPauseMax));
  // Half of it is jitter, so that the nodes of a server that came back do not come all at once.
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2 + 1;
  timer_ =
      loop_.after(std::chrono::milliseconds{static_cast<std::int64_t>(half + random_.below(half))},
                  [this] { begin(); });
}

}  // namespace ward::agent
