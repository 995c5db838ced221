// Cedar types as sorts of the solver. Private to analyze/.
//
// Every term of a sort stands for a value of its type and every value but one has one term, so
// nothing needs to be asserted of what the solver chooses. The exception: strings of the solver
// have code points below 0x30000 alone; literals beyond are refused, and no policy can tell the
// rest apart from others (text.h).
#pragma once

#include <cvc5/cvc5.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cedar/schema/schema.h"
#include "cedar/validate/checked_type.h"

namespace ward::analyze {

namespace cvc = ::cvc5;

struct Domain;

// A value or none of a domain.
struct Option {
  cvc::Sort sort;
  cvc::Term none;
  cvc::Term make_some;
  cvc::Term is_some;  // tester
  cvc::Term get;      // selector
};

struct DomainPart {
  std::string name;
  const Domain* domain;
  const Option* option;  // null for a required attribute
};

struct Domain {
  enum class Kind : std::uint8_t {
    kBool,
    kLong,  // 64 bits, as the next three
    kDecimal,
    kDatetime,
    kDuration,
    kString,
    kIp,      // constructors in the order of IpForm
    kEntity,  // of any id: one constructor around a string
    kEnum,    // an entity of enumerated ids, or an action: a constructor each
    kSet,
    kRecord,
  };

  Kind kind;
  cvc::Sort sort;
  cvc::Term make = {};                         // constructor of kEntity and kRecord
  std::vector<cvc::Term> get = {};             // its selectors
  std::vector<std::string> ids = {};           // of kEnum, ascending
  std::vector<cvc::Term> constants = {};       // of kEnum, as ids
  std::optional<cedar::EntityType> type = {};  // of kEntity and kEnum
  const Domain* element = nullptr;             // of kSet
  std::vector<DomainPart> parts = {};          // of kRecord, ascending by name

  bool is_entity() const { return kind == Kind::kEntity || kind == Kind::kEnum; }
  // The place among parts; parts.size() when there is none.
  std::size_t find(std::string_view name) const;
};

// An address with its prefix, or without where that is the whole width: one form for each value.
enum class IpForm : std::uint8_t { kV4, kV4Range, kV6, kV6Range };

// One solver's. Types are strict ones of one schema, which outlives it.
class Domains {
 public:
  Domains(cvc::Solver& solver, const cedar::Schema& schema) : solver_(solver), schema_(schema) {}
  Domains(const Domains&) = delete;
  Domains& operator=(const Domains&) = delete;

  // Equal types have one domain. kUnimplemented for types of permissive validation.
  Result<const Domain*> of(const cedar::CheckedTypePtr& type);
  Result<const Domain*> of(const cedar::Type& type) { return of(types_.of(type)); }
  // Of a declared entity type or that of declared actions.
  const Domain& entity(const cedar::EntityType& type);
  const Option& option(const Domain& domain);

  cedar::CheckedTypes& types() { return types_; }

 private:
  Result<const Domain*> make(const cedar::CheckedType& type);
  Result<const Domain*> make_record(const cedar::CheckedType& type);
  const Domain* extension(cedar::ExtensionType type);
  const Domain* plain(Domain::Kind kind, const std::string& key);
  const Domain* ip();
  const Domain* keep(std::string key, Domain domain);
  const Domain* find(const std::string& key) const;
  std::vector<std::string> ids_of(const cedar::EntityType& type) const;
  Domain any_id(const cedar::EntityType& type);
  Domain enumerated(const cedar::EntityType& type, std::vector<std::string> ids);

  cvc::Solver& solver_;
  const cedar::Schema& schema_;
  cedar::CheckedTypes types_;
  std::map<std::string, std::unique_ptr<const Domain>> by_key_;
  std::unordered_map<const Domain*, std::size_t> numbers_;
  std::unordered_map<const Domain*, std::unique_ptr<const Option>> options_;
  std::unordered_map<const cedar::CheckedType*, const Domain*> by_type_;
  std::vector<cedar::CheckedTypePtr> kept_;  // so that addresses in by_type_ stay theirs
};

}  // namespace ward::analyze
