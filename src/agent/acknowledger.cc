#include "agent/acknowledger.h"

#include <utility>

#include "ward/node/v1/node.pb.h"

namespace ward::agent {

Acknowledger::Acknowledger(AgentView& view, ServerLink& link, Recorder& recorder, net::Loop& loop,
                           Log log)
    : view_(view), link_(link), recorder_(recorder), loop_(loop), log_(log.part("acknowledge")) {}

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
    const auto recorded =
        recorder_.prove(evidence::Acknowledgement{.revision = revision, .subjects = subjects},
                        [this, revision, subjects](Result<Recorder::Proved> proved) {
                          if (!proved.ok()) return retry(subjects, proved.error());
                          send(revision, *proved);
                        });
    if (!recorded.ok()) return retry(std::move(subjects), recorded.error());
  }
}

void Acknowledger::retry(std::vector<std::string> subjects, const Error& error) {
  log_.error("a revocation cannot be acknowledged yet: {}", error.text());
  subjects_.insert(subjects.begin(), subjects.end());
  retry_ = loop_.after(kAcknowledgeRetry, [this] { append(); });
}

void Acknowledger::send(std::uint64_t revision, const Recorder::Proved& proved) {
  auto message = std::make_unique<ward::node::v1::Acknowledge>();
  message->set_revision(revision);
  message->set_log_index(proved.proof.index);
  message->set_checkpoint(proved.proof.checkpoint);
  for (const evidence::Hash& hash : proved.proof.hashes) {
    message->add_proof(hash.data(), hash.size());
  }
  message->set_record(proved.record.data(), proved.record.size());
  link_.acknowledge(*message);
  sent_.push_back(std::move(message));
  if (sent_.size() > kAcknowledgementsKept) sent_.pop_front();
}

}  // namespace ward::agent
