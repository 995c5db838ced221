#include "cedar/format/document.h"

#include <algorithm>

namespace ward::cedar {
namespace {

// Unicode scalar values.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

struct Document::Placed {
  Id id;
  std::size_t indent;
  bool is_flat;
};

Document::Id Document::add(Node node) {
  nodes_.push_back(node);
  return static_cast<Id>(nodes_.size() - 1);
}

Document::Id Document::text(std::string_view text) {
  return add({.kind = Kind::kText, .breaks = text.find('\n') != text.npos, .text = text});
}
Document::Id Document::space() {
  return add({.kind = Kind::kSpace});
}
Document::Id Document::line() {
  return add({.kind = Kind::kLine});
}
Document::Id Document::soft_line() {
  return add({.kind = Kind::kSoftLine});
}
Document::Id Document::hard_line() {
  return add({.kind = Kind::kHardLine, .breaks = true});
}
Document::Id Document::blank_line() {
  return add({.kind = Kind::kBlankLine, .breaks = true});
}
Document::Id Document::comment(std::string_view text, bool is_own) {
  return add({.kind = is_own ? Kind::kOwnComment : Kind::kComment, .breaks = true, .text = text});
}

Document::Id Document::parent(Kind kind, const std::vector<Id>& parts) {
  Node node{.kind = kind,
            .first = static_cast<std::uint32_t>(children_.size()),
            .count = static_cast<std::uint32_t>(parts.size())};
  for (const Id id : parts) {
    node.breaks = node.breaks || nodes_[id].breaks;
    children_.push_back(id);
  }
  return add(node);
}
Document::Id Document::concat(std::vector<Id> parts) {
  return parent(Kind::kConcat, parts);
}
Document::Id Document::group(Id inner) {
  return parent(Kind::kGroup, {inner});
}
Document::Id Document::nest(Id inner) {
  return parent(Kind::kNest, {inner});
}

class Document::Renderer {
 public:
  Renderer(const Document& document, std::size_t width, std::size_t indent)
      : document_(document), width_(width), indent_(indent) {}

  std::string run(Id root, std::size_t max_bytes) {
    todo_.push_back({root, 0, false});
    while (!todo_.empty() && out_.size() <= max_bytes) {
      const Placed at = todo_.back();
      todo_.pop_back();
      place(at);
    }
    end_line();
    return std::move(out_);
  }

 private:
  void place(const Placed& at) {
    const Node& node = document_.nodes_[at.id];
    switch (node.kind) {
      case Kind::kText:
        return write(node.text, at.indent);
      case Kind::kSpace:
        space_ = true;
        return;
      case Kind::kLine:
      case Kind::kSoftLine:
        if (!at.is_flat) return end_line();
        space_ = space_ || node.kind == Kind::kLine;
        return;
      case Kind::kHardLine:
        return end_line();
      case Kind::kBlankLine:
        end_line();
        if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
        return;
      case Kind::kOwnComment:
        end_line();
        write(node.text, at.indent);
        must_end_ = true;
        return;
      case Kind::kComment:
        space_ = true;
        write(node.text, at.indent);
        must_end_ = true;
        return;
      case Kind::kConcat:
        return push_children(node, at.indent, at.is_flat);
      case Kind::kNest:
        return push_children(node, at.indent + indent_, at.is_flat);
      case Kind::kGroup:
        return push_children(node, at.indent,
                             at.is_flat || (!node.breaks && fits(node, at.indent)));
    }
  }

  void push_children(const Node& node, std::size_t indent, bool is_flat) {
    for (std::uint32_t i = node.count; i > 0; --i) {
      todo_.push_back({document_.children_[node.first + i - 1], indent, is_flat});
    }
  }

  void write(std::string_view text, std::size_t indent) {
    if (must_end_) end_line();
    if (column_ == 0) {
      out_.append(indent, ' ');
      column_ = indent;
    } else if (space_) {
      out_ += ' ';
      ++column_;
    }
    space_ = false;
    out_ += text;
    const std::size_t last_line = text.rfind('\n');
    column_ = last_line == text.npos ? column_ + characters(text)
                                     : 1 + characters(text.substr(last_line));
  }

  // What follows is on a line of its own.
  void end_line() {
    if (column_ > 0) out_ += '\n';
    column_ = 0;
    space_ = false;
    must_end_ = false;
  }

  // Whether the group on one line, and what follows it up to the next break, is within the width.
  bool fits(const Node& group, std::size_t indent) const {
    const bool begins_line = must_end_ || column_ == 0;
    std::size_t column = begins_line ? indent : column_ + (space_ ? 1 : 0);
    std::vector<std::pair<Id, bool>> look;  // with whether it is flat
    for (std::uint32_t i = group.count; i > 0; --i) {
      look.emplace_back(document_.children_[group.first + i - 1], true);
    }
    std::size_t rest = todo_.size();
    while (column <= width_) {
      if (look.empty()) {
        if (rest == 0) return true;
        --rest;
        look.emplace_back(todo_[rest].id, todo_[rest].is_flat);
      }
      const auto [id, is_flat] = look.back();
      look.pop_back();
      const Node& node = document_.nodes_[id];
      switch (node.kind) {
        case Kind::kText:
          if (node.breaks) return true;
          column += characters(node.text);
          break;
        case Kind::kLine:
          if (!is_flat) return true;
          ++column;
          break;
        case Kind::kSpace:
          ++column;
          break;
        case Kind::kSoftLine:
          if (!is_flat) return true;
          break;
        case Kind::kHardLine:
        case Kind::kBlankLine:
        case Kind::kOwnComment:
        case Kind::kComment:
          return true;
        case Kind::kConcat:
        case Kind::kNest:
        case Kind::kGroup: {
          // A group that follows may break as it likes.
          const bool inside = is_flat && !(node.kind == Kind::kGroup && node.breaks);
          for (std::uint32_t i = node.count; i > 0; --i) {
            look.emplace_back(document_.children_[node.first + i - 1], inside);
          }
          break;
        }
      }
    }
    return false;
  }

  const Document& document_;
  std::size_t width_;
  std::size_t indent_;
  std::vector<Placed> todo_;
  std::string out_;
  std::size_t column_ = 0;  // 0 when nothing stands on the line
  bool space_ = false;      // before the next text, unless that begins a line
  bool must_end_ = false;   // after a comment
};

std::string Document::render(Id root, std::size_t width, std::size_t indent,
                             std::size_t max_bytes) const {
  return Renderer(*this, width, indent).run(root, max_bytes);
}

}  // namespace ward::cedar
