// The shipped engine: the same response as authorize() over a PolicySet, from compiled policies.
//
// A decision evaluates the policies whose scope holds, all of them, so that the diagnostics are
// whole. It allocates nothing and takes no lock, unless a policy errs or the workspace still has to
// grow. What it says are numbers; response() turns them into ids and messages.
//
//   Workspace workspace;  // a thread's own
//   const Query query({"User", "alice"}, {"Action", "read"}, {"Doc", "d"}, context);
//   const Answer answer = decide(*policies, query, entities, workspace);
#pragma once

#include <span>

#include "cedar/authorize/authorizer.h"
#include "cedar/engine/bound_policies.h"
#include "cedar/engine/compiled_policies.h"
#include "cedar/engine/workspace.h"
#include "cedar/entity/entities.h"
#include "cedar/entity/entity_store.h"
#include "cedar/evaluate/request.h"

namespace ward::cedar {

// A request that borrows; as long as what it was made of. Not to be moved: views refer to it.
class Query {
 public:
  // By names; the entities are looked up. `context` is a record.
  Query(const EntityName& principal, const EntityName& action, const EntityName& resource,
        const ValueView& context);
  Query(const EntityName& principal, const EntityName& action, const EntityName& resource,
        const Record& context)
      : Query(principal, action, resource, ValueView::of(context)) {}
  explicit Query(const Request& request);
  // By true handles of the store that the decision is made on.
  Query(const EntityStore& entities, EntityHandle principal, EntityHandle action,
        EntityHandle resource, const ValueView& context);
  // PERF: likewise, and the names are not even looked at.
  Query(const Entities& entities, EntityHandle principal, EntityHandle action,
        EntityHandle resource, const ValueView& context);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // One that is known already need not be looked up; a false handle says that it is not there.
  Query& locate_principal(EntityHandle handle) { return locate(0, handle); }
  Query& locate_action(EntityHandle handle) { return locate(1, handle); }
  Query& locate_resource(EntityHandle handle) { return locate(2, handle); }

  Request to_request() const;

 private:
  template <typename Store>
  friend class Machine;

  Query& locate(std::size_t at, EntityHandle handle) {
    entities_[at].locate(handle);
    return *this;
  }
  // `type` is where the type stays.
  static ValueView view_of(const EntityName& name, std::string_view& type) {
    if (name.uid != nullptr) return ValueView::of(*name.uid);
    type = name.type;
    return ValueView::of(type, name.id);
  }

  std::string_view types_[3];  // of names that are no uids
  ValueView entities_[3];      // by Variable
  ValueView context_;
};

struct Answer {
  Decision decision = Decision::kDeny;
  std::span<const PolicyIndex> reasons;  // as in Response; ascending, which is the order of the ids
  std::span<const PolicyIndex> errors;
};

// Pure but for the workspace.
Answer decide(const CompiledPolicies& policies, const Query& query, const EntityStore& entities,
              Workspace& workspace);
// The same with less on the way, for the store of this room.
Answer decide(const CompiledPolicies& policies, const Query& query, const Entities& entities,
              Workspace& workspace);
// The same with least on the way. A query that is located is so in the store of `bound`.
Answer decide(const BoundPolicies& bound, const Query& query, Workspace& workspace);

// Why a policy of `answer.errors` erred; says it by evaluating that policy again.
EvaluationError error_of(PolicyIndex index, const CompiledPolicies& policies, const Query& query,
                         const EntityStore& entities);

Response response(const Answer& answer, const CompiledPolicies& policies, const Query& query,
                  const EntityStore& entities);

}  // namespace ward::cedar
