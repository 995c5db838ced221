#include "agent/acknowledger.h"

#include <utility>

#include "ward/node/v1/node.pb.h"

namespace ward::agent {

Acknowledger::Acknowledger(AgentView& view, ServerLink& link, Recorder& recorder,
                           const os::FileSystem& files, std::string directory,
                           evidence::VerifierKey key, net::Loop& loop, Log log)
    : view_(view),
      link_(link),
      recorder_(recorder),
      files_(files),
      directory_(std::move(directory)),
      key_(std::move(key)),
      loop_(loop),
      log_(log.part("acknowledge")) {}

Acknowledger::~Acknowledger() = default;

void Acknowledger::on_change(const ViewChange& change) {
  if (change.is_base) {
    // What was on its way when the last stream ended may not have come; twice does no harm.
    for (const auto& message : sent_) link_.acknowledge(*message);
  }
  if (change.revoked.empty()) {
    if (change.has_facts) note_folded(change.revision);
    ward::node::v1::Acknowledge message;
    message.set_revision(change.revision);
    return link_.acknowledge(message);
  }
  subjects_.insert(change.revoked.begin(), change.revoked.end());
  append();
}

void Acknowledger::note_folded(std::uint64_t revision) {
  const auto noted =
      recorder_.note(evidence::Acknowledgement{.revision = revision, .subjects = {}});
  if (!noted.ok()) log_.warn("evidence: {}", noted.error().text());
}

void Acknowledger::append() {
  while (!subjects_.empty()) {
    std::vector<std::string> subjects;
    while (!subjects_.empty() && subjects.size() < evidence::kRecordListMax / 8) {
      subjects.push_back(std::move(subjects_.extract(subjects_.begin()).value()));
    }
    const std::uint64_t revision = view_.revision();
    auto bytes = std::make_shared<Bytes>();
    auto recorded =
        recorder_.record(evidence::Acknowledgement{.revision = revision, .subjects = subjects},
                         [this, revision, subjects, bytes](Result<std::uint64_t> index) {
                           if (!index.ok()) return retry(subjects, index.error());
                           sign(*index, revision, std::move(*bytes));
                         });
    if (!recorded.ok()) return retry(std::move(subjects), recorded.error());
    *bytes = std::move(*recorded);
  }
}

void Acknowledger::retry(std::vector<std::string> subjects, const Error& error) {
  log_.error("a revocation cannot be acknowledged yet: {}", error.text());
  subjects_.insert(subjects.begin(), subjects.end());
  retry_ = loop_.after(kAcknowledgeRetry, [this] { append(); });
}

void Acknowledger::sign(std::uint64_t index, std::uint64_t revision, Bytes record) {
  recorder_.evidence().request_checkpoint(
      [this, alive = std::weak_ptr(alive_), &loop = loop_, index, revision,
       record = std::move(record)](Result<std::string> checkpoint) mutable {
        loop.post([this, alive, index, revision, record = std::move(record),
                   checkpoint = std::move(checkpoint)] {
          if (alive.expired()) return;
          if (checkpoint.ok()) return send(index, revision, record);
          log_.error("no checkpoint: {}", checkpoint.error().text());
          signing_ = loop_.after(kAcknowledgeRetry, [this, index, revision, record] {
            sign(index, revision, record);
          });
        });
      });
}

void Acknowledger::send(std::uint64_t index, std::uint64_t revision, const Bytes& record) {
  const auto proved = prove(index, revision, record);
  if (!proved.ok()) log_.error("no proof of record {}: {}", index, proved.error().text());
}

Result<void> Acknowledger::prove(std::uint64_t index, std::uint64_t revision, const Bytes& record) {
  WARD_TRY(const auto reader, evidence::LogReader::open(files_, directory_, {&key_, 1}));
  WARD_TRY(const auto proof, reader.prove(index));
  auto message = std::make_unique<ward::node::v1::Acknowledge>();
  message->set_revision(revision);
  message->set_log_index(index);
  message->set_checkpoint(proof.checkpoint);
  for (const evidence::Hash& hash : proof.hashes) message->add_proof(hash.data(), hash.size());
  message->set_record(record.data(), record.size());
  link_.acknowledge(*message);
  sent_.push_back(std::move(message));
  if (sent_.size() > kAcknowledgementsKept) sent_.pop_front();
  return {};
}

}  // namespace ward::agent
