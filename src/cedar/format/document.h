// Text with places where its lines may break, and its layout within a width. Private to format/.
//
// Source: Oppen, "Prettyprinting" (1980), in the form of Wadler, "A prettier printer": a group is
// on one line if it fits, else every break of its own is taken. Time is linear in the document
// times the width. No recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ward::cedar {

class Document {
 public:
  using Id = std::uint32_t;

  // Texts outlive the document.
  Id text(std::string_view text);
  Id space();      // none at the end of a line
  Id line();       // a space, or a line break
  Id soft_line();  // nothing, or a line break
  Id hard_line();  // always a line break
  Id blank_line();
  // To the end of the line. `is_own` begins one; else it follows what is there.
  Id comment(std::string_view text, bool is_own);
  Id concat(std::vector<Id> parts);
  Id group(Id inner);
  Id nest(Id inner);

  // Lines have `width` characters where they can, a nesting moves `indent` to the right. Stops soon
  // after `max_bytes`.
  std::string render(Id root, std::size_t width, std::size_t indent, std::size_t max_bytes) const;

 private:
  enum class Kind : std::uint8_t {
    kText,
    kSpace,
    kLine,
    kSoftLine,
    kHardLine,
    kBlankLine,
    kComment,
    kOwnComment,
    kConcat,
    kGroup,
    kNest,
  };
  struct Node {
    Kind kind;
    bool breaks = false;         // holds what cannot be on one line
    std::string_view text = {};  // of text and comments
    std::uint32_t first = 0;     // its children in children_
    std::uint32_t count = 0;
  };
  struct Placed;
  class Renderer;

  Id add(Node node);
  Id parent(Kind kind, const std::vector<Id>& parts);

  std::vector<Node> nodes_;
  std::vector<Id> children_;
};

}  // namespace ward::cedar
