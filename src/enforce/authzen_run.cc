#include "enforce/authzen_run.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ward::enforce {
namespace {

class Run final : public std::enable_shared_from_this<Run> {
 public:
  Run(AuthzenRequest request, decide::Judge& judge, std::move_only_function<void(std::string)> done)
      : request_(std::move(request)),
        judge_(judge),
        done_(std::move(done)),
        answers_(request_.items.size()) {}

  void start() {
    is_in_turn_ = request_.semantic != EvaluationsSemantic::kExecuteAll;
    if (is_in_turn_) return go_on();
    for (std::size_t i = 0; i < answers_.size(); ++i) ask(i);
  }

 private:
  void ask(std::size_t index) {
    Result<decide::Question>& item = request_.items[index];
    if (!item.ok()) return take(index, false, write_item_error(item.error()));
    judge_.judge(std::move(item).value(),
                 [self = shared_from_this(), index](decide::Decision decision) {
                   self->take(index, decision.allow, write_decision(decision));
                 });
  }

  void take(std::size_t index, bool allow, std::string answer) {
    answers_[index] = std::move(answer);
    ++answered_;
    if (is_decided_by(allow) || answered_ == answers_.size()) return finish();
    if (is_in_turn_ && !is_going_on_) go_on();
  }

  // A loop and no recursion: a judge may answer at once, and a request has many items.
  void go_on() {
    is_going_on_ = true;
    std::size_t asked = answered_;
    while (!is_finished_ && asked == answered_) ask(asked++);
    is_going_on_ = false;
  }

  bool is_decided_by(bool allow) const {
    switch (request_.semantic) {
      case EvaluationsSemantic::kExecuteAll:
        return false;
      case EvaluationsSemantic::kDenyOnFirstDeny:
        return !allow;
      case EvaluationsSemantic::kPermitOnFirstPermit:
        return allow;
    }
    WARD_UNREACHABLE();
  }

  void finish() {
    is_finished_ = true;
    std::string list = R"({"evaluations":[)";
    const std::size_t start = list.size();
    for (const std::optional<std::string>& answer : answers_) {
      if (!answer) continue;
      if (list.size() != start) list += ',';
      list += *answer;
    }
    list += "]}";
    done_(std::move(list));
  }

  AuthzenRequest request_;
  decide::Judge& judge_;
  std::move_only_function<void(std::string)> done_;
  std::vector<std::optional<std::string>> answers_;
  std::size_t answered_ = 0;
  bool is_in_turn_ = false;
  bool is_going_on_ = false;
  bool is_finished_ = false;
};

// The common case, without what keeps several apart.
void ask_one(Result<decide::Question> item, decide::Judge& judge,
             std::move_only_function<void(std::string)> done) {
  if (!item.ok()) return done(write_item_error(item.error()));
  judge.judge(std::move(item).value(),
              [done = std::move(done)](const decide::Decision& decision) mutable {
                done(write_decision(decision));
              });
}

}  // namespace

void run_evaluations(AuthzenRequest request, decide::Judge& judge,
                     std::move_only_function<void(std::string)> done) {
  if (!request.is_batch) return ask_one(std::move(request.items.front()), judge, std::move(done));
  std::make_shared<Run>(std::move(request), judge, std::move(done))->start();
}

}  // namespace ward::enforce
