// The journal as a log (docs/formats/evidence.md): the leaf of revision r is the canonical bytes of
// fact r, so a revision is a tree size and one checkpoint, with origin `<trust domain>/journal`,
// fixes every fact up to it.
//
// The journal keeps the leaf hashes; this keeps the tree over them: the right edge as facts come,
// and one hash for every complete 256 leaves, so that a root or proof at any revision reads at most
// 510 leaf hashes. Memory: 1/8 byte a fact. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evidence/checkpoint.h"
#include "evidence/merkle_proof.h"
#include "evidence/record.h"

namespace ward::evidence {

// The leaf hashes of facts [first, first + count), counted from 0: fact of revision r is number r
// - 1. As many as asked for, or an error.
using LeafReader =
    std::function<Result<std::vector<Hash>>(std::uint64_t first, std::uint64_t count)>;

class JournalLog {
 public:
  // Reads the leaves of `revision` facts once.
  static Result<JournalLog> open(std::string origin, std::uint64_t revision, LeafReader read);

  // The fact that makes the next revision.
  void append(const Hash& leaf);

  std::uint64_t revision() const { return range_.size(); }
  TreeHead head() const { return range_.head(); }
  RootPrefix root8() const;  // what evidence records name beside the revision

  // kOutOfRange above revision().
  Result<TreeHead> head_at(std::uint64_t revision) const;
  // That fact `revision` (from 1) is in the journal at revision `at`.
  Result<Proof> prove_fact(std::uint64_t revision, std::uint64_t at) const;
  Result<Proof> prove_consistency(std::uint64_t old_revision, std::uint64_t new_revision) const;

  // A signed head. The caller keeps it durable before handing it out, and the journal never loses a
  // fact it covers.
  Result<std::string> sign(const NoteSigner& signer) const;

 private:
  JournalLog(std::string origin, LeafReader read)
      : origin_(std::move(origin)), read_(std::move(read)) {}
  Result<Hash> subtree(unsigned level, std::uint64_t index) const;
  SubtreeSource source() const;

  std::string origin_;
  LeafReader read_;
  CompactRange range_;
  std::vector<std::vector<Hash>> levels_;  // [i]: complete subtrees of 256 * 2^i leaves
};

// `<trust domain>/journal`
std::string journal_origin(std::string_view trust_domain);
// `<trust domain>/<process identity>`
std::string process_origin(std::string_view trust_domain, std::string_view process);

}  // namespace ward::evidence
