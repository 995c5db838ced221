#include "agent/agent_judge.h"

#include <algorithm>
#include <set>
#include <utility>

#include "decide/decision_record.h"

namespace ward::agent {
namespace {

// Not a decision of the policies: the node does not know enough to ask them.
decide::Decision not_known(std::string_view lacking, std::uint64_t revision) {
  decide::Decision decision;
  decision.cause = decide::Cause::kStale;
  decision.reasons = {fmt::format("{}, and the server did not say in time", lacking)};
  decision.revision = revision;
  return decision;
}

class Missing {
 public:
  explicit Missing(AgentView& view) : view_(view) {}

  // Whether the view holds it.
  bool need(world::NameKind kind, std::string_view id) {
    if (id.empty() || view_.holds({kind, id})) return true;
    names_.insert(world::Name{kind, std::string(id)});
    return false;
  }

  Result<void> resource_and_above(const std::string& name) {
    const world::Resource* first = resource(name);
    if (first == nullptr || first->parents.empty()) return {};
    std::vector<const world::Resource*> left = {first};
    std::set<std::string> seen = {name};
    while (!left.empty()) {
      const world::Resource& next = *left.back();
      left.pop_back();
      for (const world::EntityName& parent : next.parents) {
        const auto [above, is_new] = seen.insert(world::resource_name(parent.type, parent.id));
        if (!is_new) continue;
        if (seen.size() > kAncestorsMax) {
          return make_error(ErrorCode::kResourceExhausted, "`{}` is in more than {} resources",
                            name, kAncestorsMax);
        }
        if (const world::Resource* found = resource(*above)) left.push_back(found);
      }
    }
    return {};
  }

  std::vector<world::Name> names() && { return {names_.begin(), names_.end()}; }

 private:
  // Null when there is none, or none is known.
  const world::Resource* resource(std::string_view name) {
    if (!need(world::NameKind::kResource, name)) return nullptr;
    const world::Resource* found = view_.world().resource(name);
    if (found != nullptr) need(world::NameKind::kOwner, found->owner);
    return found;
  }

  AgentView& view_;
  std::set<world::Name> names_;
};

}  // namespace

Result<std::vector<world::Name>> missing_names(AgentView& view, const decide::Question& question) {
  Missing missing(view);
  if (missing.need(world::NameKind::kIdentity, question.principal)) {
    const world::Identity* identity = view.world().identity(question.principal);
    if (identity != nullptr) missing.need(world::NameKind::kOwner, identity->owner);
  }
  WARD_RETURN_IF_ERROR(missing.resource_and_above(
      world::resource_name(question.resource.type, question.resource.id)));
  return std::move(missing).names();
}

struct AgentJudge::Waiting {
  decide::Question question;
  Answer answer;
  net::Timer timer;
  int rounds = 0;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

AgentJudge::AgentJudge(AgentView& view, const ServerLink& link, NameRequests& names,
                       Recorder& recorder, const decide::Decider& decider, net::Loop& loop,
                       AgentJudgeOptions options)
    : view_(view),
      link_(link),
      names_(names),
      recorder_(recorder),
      decider_(decider),
      loop_(loop),
      options_(options) {}

// A judge never drops a question.
AgentJudge::~AgentJudge() {
  while (!waiting_.empty()) {
    Answer answer = std::move(waiting_.front().answer);
    waiting_.pop_front();
    answer(not_known("the agent is ending", view_.revision()));
  }
}

void AgentJudge::judge(decide::Question question, Answer answer) {
  const auto missing = missing_names(view_, question);
  if (!missing.ok()) return decide(question, std::move(answer), missing.error().message());
  if (missing->empty()) return decide(question, std::move(answer), {});
  if (!link_.is_connected() || waiting_.size() >= options_.waiting_max) {
    return decide(question, std::move(answer),
                  fmt::format("`{}` is not known here", missing->front().id));
  }
  const Place place = waiting_.insert(
      waiting_.end(),
      Waiting{.question = std::move(question), .answer = std::move(answer), .timer = {}});
  place->timer = loop_.after(options_.ask_timeout, [this, place] { finish(place); });
  ask(place);
}

void AgentJudge::ask(Place place) {
  auto missing = missing_names(view_, place->question);
  if (!missing.ok() || missing->empty() || place->rounds++ == kAskRoundsMax) return finish(place);
  if (missing->size() > kAskNamesMax) missing->resize(kAskNamesMax);
  names_.ask(*missing, [this, place, alive = std::weak_ptr(place->alive)](Result<void> answered) {
    if (alive.expired()) return;
    if (!answered.ok()) return finish(place);
    ask(place);
  });
}

void AgentJudge::finish(Place place) {
  Waiting waiting = std::move(*place);
  waiting_.erase(place);
  const auto missing = missing_names(view_, waiting.question);
  std::string lacking;
  if (!missing.ok()) lacking = missing.error().message();
  if (missing.ok() && !missing->empty()) {
    lacking = fmt::format("`{}` is not known here", missing->front().id);
  }
  decide(waiting.question, std::move(waiting.answer), lacking);
}

void AgentJudge::decide(const decide::Question& question, Answer answer, std::string_view lacking) {
  decide::Decision decision = lacking.empty() ? decider_.decide(view_.ground(), question)
                                              : not_known(lacking, view_.revision());
  evidence::Decision record = decide::record_of(question, decision);
  std::vector<evidence::OpenedValue> values;
  if (options_.sealing.is_set())
    values = decide::seal(record, question, options_.sealing, *options_.random);
  if (!decision.privileged) {
    const auto noted = recorder_.note(std::move(record), std::move(values));
    return answer(noted.ok() ? std::move(decision) : decide::without_evidence(std::move(decision)));
  }
  auto kept = std::make_shared<Answer>(std::move(answer));
  const auto recorded = recorder_.record(
      std::move(record),
      [kept, decision](Result<std::uint64_t> durable) mutable {
        (*kept)(durable.ok() ? std::move(decision) : decide::without_evidence(std::move(decision)));
      },
      std::move(values));
  if (!recorded.ok()) (*kept)(decide::without_evidence(std::move(decision)));
}

}  // namespace ward::agent
