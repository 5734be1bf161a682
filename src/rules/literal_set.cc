#include "rules/literal_set.h"

#include "base/check.h"

#include <algorithm>
#include <map>

namespace cairn::rules {

// The trie as it grows, then renumbered breadth first into the set's arrays.
class LiteralSet::Builder {
 public:
  explicit Builder(LiteralSet& set) : set_(set) {}

  void run(size_t table_bytes) {
    make_classes();
    children_.emplace_back();
    ends_.emplace_back();
    for (uint32_t l = 0; l < set_.literals_.size(); ++l) insert(l);
    number_breadth_first();
    lay_out_edges();
    link_failures();
    fill_rows(table_bytes);
  }

 private:
  void make_classes() {
    for (const Literal& literal : set_.literals_) {
      for (char c : literal.text) set_.classes_[static_cast<uint8_t>(c)] = 1;
    }
    for (uint16_t& byte_class : set_.classes_) {
      if (byte_class != 0) byte_class = static_cast<uint16_t>(set_.class_count_++);
    }
  }

  void insert(uint32_t index) {
    uint32_t node = 0;
    for (char c : set_.literals_[index].text) {
      uint16_t byte_class = set_.classes_[static_cast<uint8_t>(c)];
      auto [child, is_new] =
          children_[node].try_emplace(byte_class, static_cast<uint32_t>(children_.size()));
      node = child->second;
      if (is_new) {
        children_.emplace_back();
        ends_.emplace_back();
      }
    }
    ends_[node].push_back(index);
  }

  void number_breadth_first() {
    order_ = {0};
    number_.assign(children_.size(), 0);
    for (size_t i = 0; i < order_.size(); ++i) {
      for (const auto& [byte_class, child] : children_[order_[i]]) {
        number_[child] = static_cast<uint32_t>(order_.size());
        order_.push_back(child);
      }
    }
  }

  void lay_out_edges() {
    for (uint32_t node : order_) {
      set_.first_edge_.push_back(static_cast<uint32_t>(set_.edges_.size()));
      for (const auto& [byte_class, child] : children_[node]) {
        set_.edges_.push_back({byte_class, number_[child]});
      }
    }
    set_.first_edge_.push_back(static_cast<uint32_t>(set_.edges_.size()));
  }

  // Finds the child along a class, or kNone.
  uint32_t child(uint32_t state, uint16_t byte_class) const {
    for (uint32_t e = set_.first_edge_[state]; e < set_.first_edge_[state + 1]; ++e) {
      if (set_.edges_[e].byte_class == byte_class) return set_.edges_[e].target;
    }
    return kNone;
  }

  void link_failures() {
    set_.failure_.assign(order_.size(), 0);
    set_.outputs_.assign(order_.size(), kNone);
    for (uint32_t state = 0; state < order_.size(); ++state) {
      add_outputs(state);
      for (uint32_t e = set_.first_edge_[state]; e < set_.first_edge_[state + 1]; ++e) {
        const Edge edge = set_.edges_[e];
        uint32_t target = kNone;
        for (uint32_t from = state; from != 0 && target == kNone;) {
          from = set_.failure_[from];
          target = child(from, edge.byte_class);
        }
        set_.failure_[edge.target] = target == kNone ? 0 : target;
      }
    }
  }

  // The state's own literals come first, then those of its failure state, whose chain is complete:
  // it is nearer to the start.
  void add_outputs(uint32_t state) {
    uint32_t rest = state == 0 ? kNone : set_.outputs_[set_.failure_[state]];
    for (uint32_t l : ends_[order_[state]]) {
      const Literal& literal = set_.literals_[l];
      set_.output_list_.push_back(
          {literal.id, static_cast<uint32_t>(literal.text.size()), rest, literal.anchor});
      rest = static_cast<uint32_t>(set_.output_list_.size() - 1);
    }
    set_.outputs_[state] = rest;
  }

  void fill_rows(size_t table_bytes) {
    const size_t width = set_.class_count_;
    size_t fitting = std::max<size_t>(table_bytes / (width * sizeof(uint32_t)), 1);
    set_.row_count_ = std::min(fitting, order_.size());
    set_.rows_.assign(set_.row_count_ * width, 0);
    for (uint32_t state = 0; state < set_.row_count_; ++state) {
      uint32_t* row = &set_.rows_[state * width];
      if (state != 0) std::copy_n(&set_.rows_[set_.failure_[state] * width], width, row);
      for (uint32_t e = set_.first_edge_[state]; e < set_.first_edge_[state + 1]; ++e) {
        row[set_.edges_[e].byte_class] = set_.edges_[e].target;
      }
    }
  }

  LiteralSet& set_;
  std::vector<std::map<uint16_t, uint32_t>> children_;
  std::vector<std::vector<uint32_t>> ends_;
  std::vector<uint32_t> order_, number_;
};

void LiteralSet::add(std::string_view literal, Anchor anchor, uint32_t id) {
  CAIRN_CHECK(!literal.empty() && rows_.empty());
  literals_.push_back({std::string(literal), anchor, id});
}

void LiteralSet::build(size_t table_bytes) {
  CAIRN_CHECK(rows_.empty());
  Builder(*this).run(table_bytes);
}

}  // namespace cairn::rules
