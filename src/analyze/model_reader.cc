#include "analyze/model_reader.h"

#include <algorithm>

#include "analyze/constant.h"
#include "cedar/entity/conformance.h"

namespace ward::analyze {
namespace {

using cedar::EntityUid;
using cedar::Value;

void add_names(std::vector<EntityUid>& out, const Value& value) {
  if (const EntityUid* uid = value.if_entity()) out.push_back(*uid);
  if (const cedar::Set* set = value.if_set()) {
    for (const Value& each : set->elements()) add_names(out, each);
  }
  if (const cedar::Record* record = value.if_record()) {
    for (const cedar::Field& each : record->fields()) add_names(out, each.value);
  }
}

void add_names(std::vector<EntityUid>& out, const cedar::Entity& entity) {
  add_names(out, Value(entity.attributes));
  add_names(out, Value(entity.tags));
  out.insert(out.end(), entity.parents.begin(), entity.parents.end());
}

}  // namespace

Result<Value> ModelReader::value(const Domain& domain, const cvc::Term& term) {
  return to_value(domain, solver_.getValue(term));
}

Result<std::optional<Value>> ModelReader::result(const EntityTheory::Function& function,
                                                 std::vector<cvc::Term> arguments) {
  arguments.insert(arguments.begin(), function.symbol);
  cvc::Term found = solver_.getValue(solver_.mkTerm(cvc::APPLY_UF, arguments));
  if (function.option != nullptr) {
    if (found == function.option->none) return std::optional<Value>();
    if (found.getKind() != cvc::APPLY_CONSTRUCTOR) {
      return make_error(ErrorCode::kInternal, "the solver's model has no constant for an option");
    }
    found = found[1];
  }
  WARD_TRY(Value value, to_value(*function.result, found));
  return std::optional(std::move(value));
}

Result<ModelReader::Asked*> ModelReader::asked(const EntityTheory::Asked& entity) {
  const cvc::Term term = solver_.getValue(entity.entity);
  WARD_TRY(const Value uid, to_value(*entity.domain, term));
  return &asked_.try_emplace(*uid.if_entity(), Asked{entity.domain, term}).first->second;
}

Result<void> ModelReader::read_asked() {
  for (const EntityTheory::Asked& each : entities_.asked()) {
    WARD_RETURN_IF_ERROR(asked(each));
  }
  for (const EntityTheory::Asked& each : entities_.climbed()) {
    WARD_TRY(Asked * one, asked(each));
    one->is_climbed = true;
  }
  return read_tags();
}

Result<void> ModelReader::read_tags() {
  for (const EntityTheory::AskedTag& each : entities_.asked_tags()) {
    WARD_TRY(Asked * one, asked({each.domain, each.entity}));
    const cvc::Term key = solver_.getValue(each.key);
    WARD_TRY(const Domain* strings, domains_.of(cedar::checked(cedar::CheckedType::Kind::kString)));
    WARD_TRY(const Value name, to_value(*strings, key));
    WARD_TRY(std::optional<Value> tag,
             result(*entities_.tag_function(*each.domain), {one->term, key}));
    if (tag) one->tags.insert_or_assign(*name.if_string(), *std::move(tag));
  }
  return {};
}

Result<bool> ModelReader::exists(const Asked& asked) {
  const cvc::Term* function = entities_.existence_function(*asked.domain);
  if (function == nullptr) return true;
  return solver_.getValue(solver_.mkTerm(cvc::APPLY_UF, {*function, asked.term})).getBooleanValue();
}

Result<cedar::Record> ModelReader::attributes(const cedar::EntityTypeInfo& info,
                                              const Asked& asked) {
  std::vector<cedar::Field> fields;
  for (const cedar::AttributeType& each : info.attributes->attributes) {
    const EntityTheory::Function* function = entities_.attribute_function(*asked.domain, each.name);
    std::optional<Value> value;
    if (function != nullptr) {
      WARD_TRY(value, result(*function, {asked.term}));
    } else if (each.is_required) {
      value = some_value(*each.type, schema_);
    }
    if (value) fields.push_back({each.name, *std::move(value)});
  }
  return cedar::Record(std::move(fields));
}

// All ancestors at once. Of entities whose ancestors nobody asks for, the model's need keep no law.
Result<std::vector<EntityUid>> ModelReader::parents(const Asked& asked) {
  std::vector<EntityUid> out;
  if (!asked.is_climbed) return out;
  for (const cedar::EntityTypeInfo& info : schema_.entity_types()) {
    const Domain& in = domains_.entity(info.name);
    const cvc::Term* function = entities_.ancestor_function(*asked.domain, in);
    if (function == nullptr) continue;
    const cvc::Term all = solver_.getValue(solver_.mkTerm(cvc::APPLY_UF, {*function, asked.term}));
    if (!all.isSetValue()) {
      return make_error(ErrorCode::kInternal, "the solver's model has no constant for ancestors");
    }
    for (const cvc::Term& each : all.getSetValue()) {
      WARD_TRY(const Value uid, to_value(in, each));
      out.push_back(*uid.if_entity());
    }
  }
  return out;
}

Result<cedar::Entity> ModelReader::entity(const EntityUid& uid, const Asked& asked) {
  const cedar::EntityTypeInfo* info = schema_.find(uid.type());
  WARD_CHECK(info != nullptr);
  WARD_TRY(cedar::Record attributes, this->attributes(*info, asked));
  WARD_TRY(std::vector<EntityUid> parents, this->parents(asked));
  std::vector<cedar::Field> tags;
  for (const auto& [name, value] : asked.tags) tags.push_back({name, value});
  return cedar::Entity{uid, std::move(attributes), std::move(parents),
                       cedar::Record(std::move(tags))};
}

Result<void> ModelReader::add_entities() {
  for (const auto& [uid, asked] : asked_) {
    if (schema_.find(uid.type()) == nullptr) continue;  // an action
    WARD_TRY(const bool is_there, exists(asked));
    if (!is_there) continue;
    WARD_TRY(cedar::Entity made, entity(uid, asked));
    found_.emplace(uid, std::move(made));
  }
  return {};
}

// Who was not asked for anything may be anyone of its type.
void ModelReader::complete(const cedar::Request& request) {
  std::vector<EntityUid> names = {request.principal, request.resource};
  add_names(names, Value(request.context));
  for (const auto& [uid, entity] : found_) add_names(names, entity);
  while (!names.empty()) {
    const EntityUid uid = names.back();
    names.pop_back();
    const cedar::EntityTypeInfo* info = schema_.find(uid.type());
    if (info == nullptr || found_.contains(uid)) continue;
    const cedar::Value attributes = some_value(*info->attributes, schema_);
    const auto it = found_.emplace(uid, cedar::Entity{uid, *attributes.if_record(), {}, {}}).first;
    add_names(names, it->second);
  }
}

Result<void> ModelReader::check(const Counterexample& example) const {
  WARD_RETURN_IF_ERROR(cedar::check_request(example.request, schema_));
  for (const cedar::Entity& each : example.entities) {
    WARD_RETURN_IF_ERROR(cedar::check_entity(each, schema_));
  }
  return {};
}

Result<Counterexample> ModelReader::read(const RequestTerms& request,
                                         const cedar::RequestEnvironment& environment) {
  WARD_TRY(const Value principal,
           value(domains_.entity(environment.principal->name), request.principal));
  WARD_TRY(const Value resource,
           value(domains_.entity(environment.resource->name), request.resource));
  WARD_TRY(const Domain* context_domain, domains_.of(*environment.action->context));
  WARD_TRY(const Value context, value(*context_domain, request.context));
  Counterexample out{{*principal.if_entity(), environment.action->uid, *resource.if_entity(),
                      *context.if_record()},
                     {},
                     {}};
  WARD_RETURN_IF_ERROR(read_asked());
  WARD_RETURN_IF_ERROR(add_entities());
  if (!entities_.entities_may_be_missing()) complete(out.request);
  for (auto& [uid, entity] : found_) out.entities.push_back(entity);
  std::vector<cedar::Entity> all = out.entities;
  for (cedar::Entity& each : cedar::action_entities(schema_)) all.push_back(std::move(each));
  auto store = cedar::Entities::build(std::move(all));
  const auto conforms = store.ok() ? check(out) : Result<void>(store.error());
  if (!conforms.ok()) {
    return make_error(ErrorCode::kInternal, "the solver's counterexample does not conform: {}",
                      conforms.error().message());
  }
  out.store = *std::move(store);
  return out;
}

}  // namespace ward::analyze
