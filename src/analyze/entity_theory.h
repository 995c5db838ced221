// What is known of entities: their attributes, tags and ancestors as unknown functions of an
// entity, and the laws of a hierarchy for those whose ancestors are asked for. Private to analyze/.
//
// Of entities that nobody asks anything, nothing is asserted: whatever the solver makes of the
// others can be completed to a store that conforms to the schema.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analyze/domain.h"
#include "analyze/logic.h"

namespace ward::analyze {

// A part that may be absent: `value` means something where `is_there`.
struct MaybeTerm {
  const Domain* domain;
  cvc::Term value;
  cvc::Term is_there;
};

// One solver's. `entity` is of an entity type's domain throughout.
class EntityTheory {
 public:
  struct Asked {
    const Domain* domain;
    cvc::Term entity;
  };
  struct AskedTag {
    const Domain* domain;
    cvc::Term entity;
    cvc::Term key;
  };
  // A function that a model gives a meaning.
  struct Function {
    cvc::Term symbol;
    const Domain* result;
    const Option* option;  // null when it always has a value
  };

  EntityTheory(Logic& logic, Domains& domains, const cedar::Schema& schema,
               bool entities_may_be_missing)
      : logic_(logic),
        domains_(domains),
        schema_(schema),
        entities_may_be_missing_(entities_may_be_missing) {}

  // An attribute that the entity's type declares; not there when the entity is missing.
  Result<MaybeTerm> attribute(const Domain& of, const cvc::Term& entity,
                              const cedar::AttributeType& attribute);
  // The type has tags.
  Result<MaybeTerm> tag(const Domain& of, const cvc::Term& entity, const cvc::Term& key);
  // Whether there is the entity: always, unless entities may be missing.
  cvc::Term exists(const Domain& of, const cvc::Term& entity);

  // `entity in group`, reflexive, of types that may be in one another or not.
  cvc::Term is_in(const Domain& of, const cvc::Term& entity, const Domain& in,
                  const cvc::Term& group);
  // The same for one of a set of `in`.
  cvc::Term is_in_any(const Domain& of, const cvc::Term& entity, const Domain& in,
                      const cvc::Term& groups);

  // No entity is its own ancestor, ancestors of ancestors are ancestors. After all was asked.
  std::vector<cvc::Term> laws();

  const std::vector<Asked>& asked() const { return asked_; }
  const std::vector<AskedTag>& asked_tags() const { return asked_tags_; }
  // nullptr when nobody asked for any of them.
  const Function* attribute_function(const Domain& of, const std::string& name) const;
  const Function* tag_function(const Domain& of) const;
  const cvc::Term* ancestor_function(const Domain& of, const Domain& in) const;
  const cvc::Term* existence_function(const Domain& of) const;
  bool is_climbed(const Domain& of) const;
  const std::vector<Asked>& climbed() const { return climbed_; }
  bool entities_may_be_missing() const { return entities_may_be_missing_; }

 private:
  using Place = std::pair<const Domain*, std::string>;

  static void add(std::vector<Asked>& to, const Domain& of, const cvc::Term& entity);
  MaybeTerm applied(const Domain& of, const cvc::Term& entity, const Function& function,
                    const std::vector<cvc::Term>& arguments);
  bool may_be_in(const Domain& of, const Domain& in) const;
  // A set of entities of `in`.
  cvc::Term ancestors(const Domain& of, const cvc::Term& entity, const Domain& in);
  cvc::Term action_ancestors(const Domain& of, const cvc::Term& action, const Domain& in);
  const cvc::Term& ancestor_symbol(const Domain& of, const Domain& in);
  void add_laws(std::vector<cvc::Term>& out, const Asked& inner, const Asked& outer,
                const std::vector<const Domain*>& tops);

  Logic& logic_;
  Domains& domains_;
  const cedar::Schema& schema_;
  bool entities_may_be_missing_;
  std::vector<Asked> asked_;
  std::vector<AskedTag> asked_tags_;
  std::vector<Asked> climbed_;         // whose ancestors are asked for
  std::vector<const Domain*> groups_;  // whose entities are looked for among ancestors
  std::map<Place, Function> attributes_;
  std::map<const Domain*, Function> tags_;
  std::map<const Domain*, cvc::Term> existence_;
  std::map<std::pair<const Domain*, const Domain*>, cvc::Term> ancestors_;
};

}  // namespace ward::analyze
