// A counterexample out of the solver's model. Private to analyze/.
#pragma once

#include <map>
#include <set>

#include "analyze/analysis.h"
#include "analyze/encoder.h"

namespace ward::analyze {

// One model's, right after the solver found it.
class ModelReader {
 public:
  ModelReader(cvc::Solver& solver, Domains& domains, const EntityTheory& entities,
              const cedar::Schema& schema)
      : solver_(solver), domains_(domains), entities_(entities), schema_(schema) {}

  // The request, the entities that were asked for and, unless entities may be missing, all that
  // they name. kInternal when they do not conform to the schema.
  Result<Counterexample> read(const RequestTerms& request,
                              const cedar::RequestEnvironment& environment);

 private:
  struct Asked {
    const Domain* domain;
    cvc::Term term;  // a constant
    bool is_climbed = false;
    std::map<std::string, cedar::Value> tags = {};
  };

  Result<cedar::Value> value(const Domain& domain, const cvc::Term& term);
  Result<std::optional<cedar::Value>> result(const EntityTheory::Function& function,
                                             std::vector<cvc::Term> arguments);
  Result<Asked*> asked(const EntityTheory::Asked& entity);
  Result<void> read_asked();
  Result<void> read_tags();
  Result<bool> exists(const Asked& asked);
  Result<cedar::Entity> entity(const cedar::EntityUid& uid, const Asked& asked);
  Result<cedar::Record> attributes(const cedar::EntityTypeInfo& info, const Asked& asked);
  Result<std::vector<cedar::EntityUid>> parents(const Asked& asked);
  Result<void> add_entities();
  void complete(const cedar::Request& request);
  Result<void> check(const Counterexample& example) const;

  cvc::Solver& solver_;
  Domains& domains_;
  const EntityTheory& entities_;
  const cedar::Schema& schema_;
  std::map<cedar::EntityUid, Asked> asked_;
  std::map<cedar::EntityUid, cedar::Entity> found_;
};

}  // namespace ward::analyze
