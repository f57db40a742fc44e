// SPDX-License-Identifier: Apache-2.0
//
// walk_cache - tables that walks of one stage have come through, 4K granule: a store for each level of
// descriptors, 0 to 2, whose entries cover 2^39, 2^30 and 2^21 bytes.
//
// Ports and times are store's.  A lookup looks into all levels at once, and each that hits is used (its policy
// is touched); the answer is the deepest: hit_level is the level of the descriptor, so that the walk begins in
// hit_seed.table_pa at level hit_level + 1.  hit_levels has a bit for each level that hit.  A fill is of one level
// (3: none); an invalidation of all, and `ready` falls until the last is through.  A level with no sets has
// nothing.

module walk_cache
  import iommu_pkg::*;
#(
  parameter int SETS0         = 1,
  parameter int WAYS0         = 4,
  parameter int SETS1         = 4,
  parameter int WAYS1         = 2,
  parameter int SETS2         = 8,
  parameter int WAYS2         = 2,
  parameter int POLICY        = 1,
  parameter int INDEX         = 0,
  parameter bit TOUCH_ON_FILL = 1,
  parameter bit INVALID_FIRST = 1,
  parameter bit FILL_IN_FLUSH = 1,
  parameter int LATENCY       = 1
) (
  input  logic             clk,
  input  logic             rst_n,
  output logic             ready,
  input  logic             lookup_valid,
  input  logic [CTX_W-1:0] lookup_ctx,
  input  logic [63:0]      lookup_addr,
  output logic             hit_valid,
  output logic             hit,
  output logic [1:0]       hit_level,
  output logic [2:0]       hit_levels,
  output seed_t            hit_seed,
  input  logic             fill_valid,
  input  logic [CTX_W-1:0] fill_ctx,
  input  logic [63:0]      fill_base,
  input  logic [1:0]       fill_level,
  input  logic [TAG_W-1:0] fill_tag,
  input  seed_t            fill_seed,
  output logic             filled,
  output logic             fill_evicted,
  output logic [15:0]      fill_way,
  input  logic             inval_valid,
  input  match_t           inval_match,
  output logic             inval_done
);

  localparam int LEVELS = 3;

  logic [LEVELS-1:0]        l_ready, l_valid, l_hit, l_filled, l_evicted, l_done;
  logic [LEVELS-1:0][15:0]  l_way;
  logic [LEVELS-1:0][5:0]   l_size;
  logic [LEVELS-1:0][$bits(seed_t)-1:0] l_payload;
  logic                     sweeping_q;

  for (genvar l = 0; l < LEVELS; l++) begin : g_level
    store #(
      .SETS(l == 0 ? SETS0 : l == 1 ? SETS1 : SETS2), .WAYS(l == 0 ? WAYS0 : l == 1 ? WAYS1 : WAYS2),
      .N_SIZES(1), .SIZES(6'(39 - 9 * l)), .PAYLOAD_W($bits(seed_t)),
      .POLICY(POLICY), .INDEX(INDEX), .TOUCH_ON_FILL(TOUCH_ON_FILL),
      .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
    ) entries (
      .clk, .rst_n, .ready(l_ready[l]),
      .lookup_valid(lookup_valid && ready), .lookup_ctx, .lookup_addr,
      .hit_valid(l_valid[l]), .hit(l_hit[l]), .hit_size(l_size[l]), .hit_payload(l_payload[l]),
      .fill_valid(fill_valid && ready && fill_level == 2'(l)), .fill_ctx, .fill_base,
      .fill_size(6'(39 - 9 * l)), .fill_tag, .fill_payload(fill_seed),
      .filled(l_filled[l]), .fill_evicted(l_evicted[l]), .fill_way(l_way[l]),
      .inval_valid(inval_valid && ready), .inval_match, .inval_done(l_done[l])
    );
  end

  assign ready        = &l_ready;
  assign inval_done   = sweeping_q && ready;
  assign hit_valid    = l_valid[0];
  assign hit          = |l_hit;
  assign hit_levels   = l_hit;
  assign filled       = |l_filled;
  assign fill_evicted = |l_evicted;
  assign fill_way     = l_way[0] | l_way[1] | l_way[2];

  always_comb begin
    hit_level = '0;
    hit_seed  = '0;
    for (int l = 0; l < LEVELS; l++)
      if (l_hit[l]) begin
        hit_level = 2'(l);
        hit_seed  = l_payload[l];
      end
  end

  always_ff @(posedge clk)
    if (!rst_n) sweeping_q <= 1'b0;
    else        sweeping_q <= ready ? inval_valid : sweeping_q;

  wire unused = &{1'b0, l_size, l_done, l_valid};

  levels_in_step: assert property (@(posedge clk) disable iff (!rst_n) l_valid == '0 || l_valid == '1);
  one_level:      assert property (@(posedge clk) disable iff (!rst_n) $onehot0(l_filled));
  two_hit:        cover property (@(posedge clk) disable iff (!rst_n) $countones(hit_levels) == 2);
  all_hit:        cover property (@(posedge clk) disable iff (!rst_n) hit_levels == '1);
  done_apart:     cover property (@(posedge clk) disable iff (!rst_n) l_done != '0 && l_done != '1);

endmodule
