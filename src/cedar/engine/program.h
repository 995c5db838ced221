// Conditions in the form in which the engine evaluates them: flat nodes that refer to one another
// by number. Equal expressions are one node, wherever in the set they stand.
//
// A node has no place in the source and fails without a message: what went wrong is for the
// reference evaluator to say, which is asked when somebody wants to know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/syntax/pattern.h"
#include "cedar/value/value_view.h"

namespace ward::cedar::engine {

using NodeId = std::uint32_t;

enum class Op : std::uint8_t {
  kConstant,   // x: constant
  kFail,       // errs whenever it is reached
  kVariable,   // small: Variable
  kNot,        // x
  kNegate,     // x
  kIsEmpty,    // x
  kBinary,     // small: BinaryOp, x, y
  kAnd,        // operands y from x in the lists
  kOr,         // likewise
  kIf,         // x ? y : z
  kAttribute,  // x: object, y: name
  kHas,        // x: object, names z from y in the lists
  kLike,       // x, y: pattern
  kIs,         // x, y: type (a name)
  kIsIn,       // x, y: type, z: group
  kSet,        // elements y from x in the lists
  kRecord,     // fields (name, value), 2 * y numbers from x in the lists, ascending by name
  kCall,       // small: ExtensionFunction; arguments y from x in the lists
  // What policies say most, in one step. small: Variable, not kContext.
  kEntityAttribute,  // y: name
  kEntityHas,        // y: name
};

struct Node {
  Op op;
  std::uint8_t small = 0;
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;

  bool operator==(const Node&) const = default;
};
static_assert(sizeof(Node) == 16);

// Immutable once built; not to be moved, since views refer to what it owns.
struct Code {
  Code() = default;
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  std::vector<Node> nodes;
  std::vector<std::uint32_t> lists;
  std::vector<Value> constants;
  std::vector<ValueView> constant_views;
  std::vector<std::string> names;  // of attributes and types
  std::vector<Pattern> patterns;
};

}  // namespace ward::cedar::engine
