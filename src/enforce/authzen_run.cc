#include "enforce/authzen_run.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ward::enforce {
namespace {

using codec::Json;

class Run final : public std::enable_shared_from_this<Run> {
 public:
  Run(AuthzenRequest request, decide::Judge& judge, std::move_only_function<void(Json)> done)
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

  void take(std::size_t index, bool allow, Json answer) {
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
    if (!request_.is_batch) return done_(std::move(*answers_.front()));
    codec::JsonArray list;
    for (std::optional<Json>& answer : answers_)
      if (answer) list.push_back(std::move(*answer));
    done_(Json::object({{"evaluations", std::move(list)}}));
  }

  AuthzenRequest request_;
  decide::Judge& judge_;
  std::move_only_function<void(Json)> done_;
  std::vector<std::optional<Json>> answers_;
  std::size_t answered_ = 0;
  bool is_in_turn_ = false;
  bool is_going_on_ = false;
  bool is_finished_ = false;
};

}  // namespace

void run_evaluations(AuthzenRequest request, decide::Judge& judge,
                     std::move_only_function<void(Json)> done) {
  std::make_shared<Run>(std::move(request), judge, std::move(done))->start();
}

}  // namespace ward::enforce
