// SPDX-License-Identifier: Apache-2.0
//
// store_shim - the three caches with ports of at most 64 bits, for dut/store.cpp.
//
// KIND 0: iotlb, 1: cfg_cache, 2: walk_cache (SETS0, WAYS0 ... of its levels).  A payload has 32 bits here, of which
// the cache's own is filled repeatedly; what comes back must be so, too.

module store_shim
  import iommu_pkg::*;
#(
  parameter int KIND          = 0,
  parameter int SETS          = 16,
  parameter int WAYS          = 4,
  parameter int SETS0         = 1,
  parameter int WAYS0         = 4,
  parameter int SETS1         = 4,
  parameter int WAYS1         = 2,
  parameter int SETS2         = 8,
  parameter int WAYS2         = 2,
  parameter int POLICY        = 1,
  parameter int INDEX         = 0,
  parameter int PROBE         = 0,
  parameter bit TOUCH_ON_FILL = 1,
  parameter bit INVALID_FIRST = 1,
  parameter bit FILL_IN_FLUSH = 1,
  parameter int LATENCY       = 1
) (
  input  logic        clk,
  input  logic        rst_n,
  output logic        ready,
  input  logic        lookup,
  input  logic [63:0] lookup_ctx,
  input  logic [63:0] lookup_addr,
  output logic        answered,
  output logic        hit,
  output logic [5:0]  size_log2,
  output logic [2:0]  levels,
  output logic [31:0] payload,
  input  logic        fill,
  input  logic [5:0]  fill_size_log2,
  input  logic [63:0] fill_ctx,
  input  logic [63:0] fill_base,
  input  logic [63:0] fill_tag,
  input  logic [31:0] fill_payload,
  output logic        filled,
  output logic        evicted,
  output logic [15:0] way,
  input  logic        inval,
  input  logic        by_addr,
  input  logic [1:0]  n_tag,
  input  logic [63:0] ctx_mask,
  input  logic [63:0] ctx_value,
  input  logic [63:0] tag_mask0,
  input  logic [63:0] tag_value0,
  input  logic [63:0] tag_mask1,
  input  logic [63:0] tag_value1,
  input  logic [63:0] first,
  input  logic [63:0] last,
  output logic        inval_done
);

  localparam int W = KIND == 0 ? $bits(leaf_t) : KIND == 1 ? $bits(cfg_t) : $bits(seed_t);

  function automatic logic [W-1:0] wide(logic [31:0] narrow);
    return W'({16{narrow}});
  endfunction

  match_t       match;
  logic [W-1:0] hit_payload;

  always_comb begin
    match.by_addr   = by_addr;
    match.first     = first;
    match.last      = last;
    match.ctx_mask  = ctx_mask;
    match.ctx_value = ctx_value;
    match.n_tag     = n_tag;
    match.tag_mask  = {tag_mask1, tag_mask0};
    match.tag_value = {tag_value1, tag_value0};
  end

  assign payload = hit_payload[31:0];

  if (KIND == 0) begin : g_iotlb
    leaf_t leaf;

    iotlb #(
      .SETS(SETS), .WAYS(WAYS), .POLICY(POLICY), .INDEX(INDEX), .PROBE(PROBE), .TOUCH_ON_FILL(TOUCH_ON_FILL),
      .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
    ) dut (
      .clk, .rst_n, .ready, .lookup_valid(lookup), .lookup_ctx, .lookup_addr,
      .hit_valid(answered), .hit, .hit_size(size_log2), .hit_leaf(leaf),
      .fill_valid(fill), .fill_ctx, .fill_base, .fill_size(fill_size_log2), .fill_tag,
      .fill_leaf(wide(fill_payload)), .filled, .fill_evicted(evicted), .fill_way(way),
      .inval_valid(inval), .inval_match(match), .inval_done
    );
    assign hit_payload = leaf;
    assign levels      = '0;
  end else if (KIND == 1) begin : g_cfg_cache
    cfg_t cfg;

    cfg_cache #(
      .SETS(SETS), .WAYS(WAYS), .POLICY(POLICY), .INDEX(INDEX), .TOUCH_ON_FILL(TOUCH_ON_FILL),
      .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
    ) dut (
      .clk, .rst_n, .ready, .lookup_valid(lookup), .lookup_ctx, .lookup_sid(SID_W'(lookup_addr)),
      .hit_valid(answered), .hit, .hit_cfg(cfg),
      .fill_valid(fill), .fill_ctx, .fill_sid(SID_W'(fill_base)), .fill_tag,
      .fill_cfg(wide(fill_payload)), .filled, .fill_evicted(evicted), .fill_way(way),
      .inval_valid(inval), .inval_match(match), .inval_done
    );
    assign hit_payload = cfg;
    assign levels      = '0;
    assign size_log2   = '0;
    wire unused = &{1'b0, fill_size_log2, lookup_addr, fill_base};
  end else begin : g_walk_cache
    seed_t      seed;
    logic [1:0] level, fill_level;

    walk_cache #(
      .SETS0(SETS0), .WAYS0(WAYS0), .SETS1(SETS1), .WAYS1(WAYS1), .SETS2(SETS2), .WAYS2(WAYS2),
      .POLICY(POLICY), .INDEX(INDEX), .TOUCH_ON_FILL(TOUCH_ON_FILL),
      .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
    ) dut (
      .clk, .rst_n, .ready, .lookup_valid(lookup), .lookup_ctx, .lookup_addr,
      .hit_valid(answered), .hit, .hit_level(level), .hit_levels(levels), .hit_seed(seed),
      .fill_valid(fill), .fill_ctx, .fill_base, .fill_level, .fill_tag,
      .fill_seed(wide(fill_payload)), .filled, .fill_evicted(evicted), .fill_way(way),
      .inval_valid(inval), .inval_match(match), .inval_done
    );
    assign hit_payload = seed;
    assign size_log2   = hit ? 6'd39 - 6'd9 * 6'(level) : '0;
    assign fill_level  = fill_size_log2 == 6'd39 ? 2'd0 : fill_size_log2 == 6'd30 ? 2'd1
                       : fill_size_log2 == 6'd21 ? 2'd2 : 2'd3;
  end

  payload_whole: assert property (@(posedge clk) disable iff (!rst_n) hit |-> hit_payload == wide(payload));
  size_known: assume property (@(posedge clk) disable iff (!rst_n) inval |-> first <= last || !by_addr);

endmodule
