// A sorted map that is shared by structure: a B+ tree whose nodes are copied on the path of a
// change, and only when another version still holds them. So a copy of the map costs one counter, a
// change of a shared map O(log n), and a change of a map held once is in place: the same code
// serves a published world and a bulk load.
//
// An Entry is a cheap copy (a Ref or a Text) for which these are found by name lookup:
//   std::string_view sort_key(const Entry&);  // unique in the map
//   Text key_text(const Entry&);              // the same, to be shared as a separator
//
// Reads of one version may run on any threads; a change belongs to the thread that owns that copy
// of the map. Deletion frees a node when it is empty and does not merge half-full ones (Johnson and
// Shasha, "B-trees with inserts and deletes: why free-at-empty is better than merge-at-half",
// 1993): depth is bounded by the largest size ever.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "world/ref.h"
#include "world/text.h"

namespace ward::world {

template <typename Entry>
class OrderedMap {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Valid while this version lives.
  const Entry* find(std::string_view key) const {
    const Node* node = root_.get();
    if (!node) return nullptr;
    while (const auto* inner = std::get_if<Inner>(node))
      node = inner->children[inner->child_of(key)].get();
    const Leaf& leaf = std::get<Leaf>(*node);
    const std::size_t at = leaf.lower_bound(key);
    return at < leaf.count && sort_key(leaf.entries[at]) == key ? &leaf.entries[at] : nullptr;
  }

  // Inserts, or replaces what has the same key.
  void put(Entry entry) {
    if (!root_) root_ = NodeRef(Leaf());
    std::optional<Split> split = put_under(root_, std::move(entry));
    if (!split) return;
    Inner root;
    root.count = 2;
    root.children[0] = std::move(root_);
    root.children[1] = std::move(split->right);
    root.separators[0] = std::move(split->separator);
    root_ = NodeRef(std::move(root));
  }

  bool erase(std::string_view key) {
    if (!find(key)) return false;
    --size_;
    if (erase_under(root_, key)) {
      root_ = NodeRef();
      return true;
    }
    for (const Inner* top = std::get_if<Inner>(root_.get()); top && top->count == 1;
         top = std::get_if<Inner>(root_.get()))
      root_ = NodeRef(top->children[0]);
    return true;
  }

  // In order, from the first key that is not before `from`, until `visit` returns false.
  template <typename Visit>
  void scan(std::string_view from, Visit&& visit) const {
    if (root_) scan_under(*root_, from, visit);
  }

  // The same, for the keys that start with `prefix`.
  template <typename Visit>
  void scan_prefix(std::string_view prefix, Visit&& visit) const {
    scan(prefix,
         [&](const Entry& entry) { return sort_key(entry).starts_with(prefix) && visit(entry); });
  }

 private:
  // PERF: a change copies one node a level and touches the counter of each thing in it. Wider nodes
  // cost more a change, narrower ones more cache misses a read. The two kinds of node are of about
  // one size.
  static constexpr std::size_t kEntriesMax = 48;
  static constexpr std::size_t kChildrenMax = 24;

  struct Leaf;
  struct Inner;
  using Node = std::variant<Leaf, Inner>;
  struct NodeRef : Ref<Node> {
    NodeRef() = default;
    explicit NodeRef(Leaf leaf) : Ref<Node>(Node(std::move(leaf))) {}
    explicit NodeRef(Inner inner) : Ref<Node>(Node(std::move(inner))) {}
  };

  struct Leaf {
    std::uint32_t count = 0;
    std::array<Entry, kEntriesMax> entries{};

    // PERF: keys that come in order are found after the last at once, here and in child_of.
    std::size_t lower_bound(std::string_view key) const {
      if (count > 0 && sort_key(entries[count - 1]) < key) return count;
      const auto end = entries.begin() + count;
      return static_cast<std::size_t>(std::lower_bound(entries.begin(), end, key,
                                                       [](const Entry& entry, std::string_view k) {
                                                         return sort_key(entry) < k;
                                                       }) -
                                      entries.begin());
    }
  };

  // separators[i] is after every key under children[i] and not after any key under children[i + 1].
  struct Inner {
    std::uint32_t count = 0;  // of children
    std::array<NodeRef, kChildrenMax> children;
    std::array<Text, kChildrenMax - 1> separators;

    std::size_t child_of(std::string_view key) const {
      if (count > 1 && separators[count - 2].view() <= key) return count - 1;
      const auto end = separators.begin() + (count - 1);
      return static_cast<std::size_t>(
          std::upper_bound(
              separators.begin(), end, key,
              [](std::string_view k, const Text& separator) { return k < separator.view(); }) -
          separators.begin());
    }
  };

  struct Split {
    Text separator;
    NodeRef right;
  };

  // Where a full node of `count` splits when something comes in at `at`: keys that come in order (a
  // bulk load) leave full nodes behind them.
  static std::size_t split_point(std::size_t count, std::size_t at) {
    return at == count ? count - 1 : count / 2;
  }

  std::optional<Split> put_under(NodeRef& node, Entry entry) {
    Node& owned = node.own();
    if (auto* leaf = std::get_if<Leaf>(&owned)) return put_in_leaf(*leaf, std::move(entry));
    Inner& inner = std::get<Inner>(owned);
    const std::size_t at = inner.child_of(sort_key(entry));
    std::optional<Split> split = put_under(inner.children[at], std::move(entry));
    if (!split) return std::nullopt;
    return put_child(inner, at, std::move(*split));
  }

  std::optional<Split> put_in_leaf(Leaf& leaf, Entry entry) {
    const std::size_t at = leaf.lower_bound(sort_key(entry));
    if (at < leaf.count && sort_key(leaf.entries[at]) == sort_key(entry)) {
      leaf.entries[at] = std::move(entry);
      return std::nullopt;
    }
    ++size_;
    if (leaf.count < kEntriesMax) {
      insert_at(leaf.entries, leaf.count++, at, std::move(entry));
      return std::nullopt;
    }
    Leaf right;
    const std::size_t keep = split_point(leaf.count, at);
    std::move(leaf.entries.begin() + keep, leaf.entries.end(), right.entries.begin());
    right.count = static_cast<std::uint32_t>(kEntriesMax - keep);
    leaf.count = static_cast<std::uint32_t>(keep);
    Leaf& side = at <= keep ? leaf : right;
    insert_at(side.entries, side.count++, at <= keep ? at : at - keep, std::move(entry));
    Text separator = key_text(right.entries[0]);
    return Split{std::move(separator), NodeRef(std::move(right))};
  }

  // Puts the right half of children[at] after it.
  std::optional<Split> put_child(Inner& inner, std::size_t at, Split split) {
    if (inner.count < kChildrenMax) {
      insert_at(inner.separators, inner.count - 1, at, std::move(split.separator));
      insert_at(inner.children, inner.count++, at + 1, std::move(split.right));
      return std::nullopt;
    }
    Inner right;
    const std::size_t keep = split_point(inner.count, at + 1);
    Text separator = std::move(inner.separators[keep - 1]);
    std::move(inner.children.begin() + keep, inner.children.end(), right.children.begin());
    std::move(inner.separators.begin() + keep, inner.separators.end(), right.separators.begin());
    right.count = static_cast<std::uint32_t>(kChildrenMax - keep);
    inner.count = static_cast<std::uint32_t>(keep);
    if (at < keep) {
      put_child(inner, at, std::move(split));
    } else {
      put_child(right, at - keep, std::move(split));
    }
    return Split{std::move(separator), NodeRef(std::move(right))};
  }

  // True when nothing is left under `node`. The key is there.
  bool erase_under(NodeRef& node, std::string_view key) {
    Node& owned = node.own();
    if (auto* leaf = std::get_if<Leaf>(&owned)) {
      remove_at(leaf->entries, leaf->count--, leaf->lower_bound(key));
      return leaf->count == 0;
    }
    Inner& inner = std::get<Inner>(owned);
    const std::size_t at = inner.child_of(key);
    if (!erase_under(inner.children[at], key)) return false;
    if (inner.count > 1) remove_at(inner.separators, inner.count - 1, at == 0 ? 0 : at - 1);
    remove_at(inner.children, inner.count--, at);
    return inner.count == 0;
  }

  template <typename Visit>
  static bool scan_under(const Node& node, std::string_view from, Visit& visit) {
    if (const auto* leaf = std::get_if<Leaf>(&node)) {
      for (std::size_t i = leaf->lower_bound(from); i < leaf->count; ++i) {
        if (!visit(leaf->entries[i])) return false;
      }
      return true;
    }
    const Inner& inner = std::get<Inner>(node);
    for (std::size_t i = inner.child_of(from); i < inner.count; ++i) {
      if (!scan_under(*inner.children[i], from, visit)) return false;
    }
    return true;
  }

  template <typename Array, typename Value>
  static void insert_at(Array& array, std::size_t count, std::size_t at, Value value) {
    std::move_backward(array.begin() + at, array.begin() + count, array.begin() + count + 1);
    array[at] = std::move(value);
  }

  // The vacated last place is cleared, so that it holds nothing alive.
  template <typename Array>
  static void remove_at(Array& array, std::size_t count, std::size_t at) {
    std::move(array.begin() + at + 1, array.begin() + count, array.begin() + at);
    array[count - 1] = {};
  }

  NodeRef root_;
  std::size_t size_ = 0;
};

}  // namespace ward::world
