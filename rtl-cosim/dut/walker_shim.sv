// SPDX-License-Identifier: Apache-2.0
//
// walker_shim - walker with ports of at most 64 bits, for dut/walker.cpp.
//
// A request comes with its STE and CD as they stand in memory; config_pkg decodes them, and they have to be legal.
// The parts of an invalidation share one match.

module walker_shim
  import iommu_pkg::*;
  import config_pkg::*;
#(
  parameter int WALK_SLOTS   = 8,
  parameter int WC_S1L0_SETS = 1,
  parameter int WC_S1L0_WAYS = 4,
  parameter int WC_S1L1_SETS = 4,
  parameter int WC_S1L1_WAYS = 2,
  parameter int WC_S1L2_SETS = 8,
  parameter int WC_S1L2_WAYS = 2,
  parameter int WC_S2L0_SETS = 1,
  parameter int WC_S2L0_WAYS = 4,
  parameter int WC_S2L1_SETS = 4,
  parameter int WC_S2L1_WAYS = 2,
  parameter int WC_S2L2_SETS = 8,
  parameter int WC_S2L2_WAYS = 2,
  parameter int WC_POLICY    = 1,
  parameter int WC_LATENCY   = 1
) (
  input  logic        clk,
  input  logic        rst_n,

  input  logic        req_valid,
  input  logic        req_ipa_only,
  input  logic        req_nofill,
  input  logic        req_write,
  input  logic        req_exec,
  input  logic        req_priv,
  input  logic [7:0]  req_tag,
  input  logic [63:0] req_addr,
  input  logic [63:0] ste [8],
  input  logic [63:0] cd [8],
  output logic        req_ready,

  output logic        rsp_valid,
  output logic        rsp_ok,
  output logic        rsp_overtaken,
  output logic        rsp_global,
  output logic        rsp_piece,
  output logic        rsp_record,
  output logic        rsp_s2,
  output logic [7:0]  rsp_tag,
  output logic [7:0]  rsp_code,
  output logic [1:0]  rsp_cls,
  output logic [5:0]  rsp_size_log2,
  output logic [5:0]  rsp_perm1,
  output logic [5:0]  rsp_perm2,
  output logic [47:0] rsp_pa,
  output logic [55:0] rsp_ipa,
  output logic [47:0] rsp_fetch,
  output logic [3:0]  rsp_s1_reads,
  output logic [5:0]  rsp_s2_reads,
  input  logic        rsp_ready,

  output logic        ar_valid,
  output logic [7:0]  ar_id,
  output logic [47:0] ar_addr,
  output logic [2:0]  ar_len,
  input  logic        ar_ready,
  input  logic        r_valid,
  input  logic [7:0]  r_id,
  input  logic [63:0] r_data,
  input  logic        r_last,
  input  logic        r_err,
  output logic        r_ready,

  input  logic        inval_valid,
  input  logic [2:0]  inval_parts,
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
  output logic        inval_ready,
  output logic        inval_done,

  output logic        idle
);

  ste_t      s;
  cd_t       c;
  walk_req_t req;
  walk_rsp_t rsp;
  ar_t       ar;
  match_t    match;
  inval_t    inval;

  always_comb begin
    s            = decode_ste({ste[7], ste[6], ste[5], ste[4], ste[3], ste[2], ste[1], ste[0]});
    c            = decode_cd({cd[7], cd[6], cd[5], cd[4], cd[3], cd[2], cd[1], cd[0]}, s.cfg);
    req.tag      = req_tag;
    req.ipa_only = req_ipa_only;
    req.nofill   = req_nofill;
    req.cfg      = s.cfg.s1 ? c.cfg : s.cfg;
    req.addr     = req_addr;
    req.write    = req_write;
    req.exec     = req_exec;
    req.priv     = req_priv;
  end

  always_comb begin
    match.by_addr   = by_addr;
    match.first     = first;
    match.last      = last;
    match.ctx_mask  = ctx_mask;
    match.ctx_value = ctx_value;
    match.n_tag     = n_tag;
    match.tag_mask  = {tag_mask1, tag_mask0};
    match.tag_value = {tag_value1, tag_value0};
    inval           = '{cfg_valid: 1'b0, tlb_valid: inval_parts[0], wc1_valid: inval_parts[1],
                        wc2_valid: inval_parts[2], cfg: match, tlb: match, wc1: match, wc2: match};
  end

  walker #(
    .WALK_SLOTS(WALK_SLOTS),
    .WC_S1L0_SETS(WC_S1L0_SETS), .WC_S1L0_WAYS(WC_S1L0_WAYS), .WC_S1L1_SETS(WC_S1L1_SETS),
    .WC_S1L1_WAYS(WC_S1L1_WAYS), .WC_S1L2_SETS(WC_S1L2_SETS), .WC_S1L2_WAYS(WC_S1L2_WAYS),
    .WC_S2L0_SETS(WC_S2L0_SETS), .WC_S2L0_WAYS(WC_S2L0_WAYS), .WC_S2L1_SETS(WC_S2L1_SETS),
    .WC_S2L1_WAYS(WC_S2L1_WAYS), .WC_S2L2_SETS(WC_S2L2_SETS), .WC_S2L2_WAYS(WC_S2L2_WAYS),
    .WC_POLICY(WC_POLICY), .WC_LATENCY(WC_LATENCY)
  ) dut (
    .clk, .rst_n, .req_valid, .req, .req_ready, .rsp_valid, .rsp, .rsp_ready,
    .ar_valid, .ar, .ar_ready, .r_valid, .r('{id: r_id, data: r_data, last: r_last, err: r_err}), .r_ready,
    .inval_valid, .inval, .inval_ready, .inval_done, .idle
  );

  assign {ar_id, ar_addr, ar_len} = {ar.id, ar.addr, ar.len};
  assign rsp_ok        = rsp.ok;
  assign rsp_overtaken = rsp.overtaken;
  assign rsp_global    = rsp.leaf.global_;
  assign rsp_piece     = rsp.leaf.piece;
  assign rsp_record    = rsp.fault.record;
  assign rsp_s2        = rsp.fault.s2;
  assign rsp_tag       = rsp.tag;
  assign rsp_code      = rsp.fault.code;
  assign rsp_cls       = rsp.fault.cls;
  assign rsp_size_log2 = rsp.leaf.size_log2;
  assign rsp_perm1     = rsp.leaf.perm1;
  assign rsp_perm2     = rsp.leaf.perm2;
  assign rsp_pa        = {rsp.leaf.pa, 12'd0};
  assign rsp_ipa       = rsp.ok ? {8'd0, rsp.leaf.ipa, 12'd0} : rsp.fault.ipa;
  assign rsp_fetch     = rsp.fault.fetch;
  assign rsp_s1_reads  = rsp.s1_reads;
  assign rsp_s2_reads  = rsp.s2_reads;

  wire unused = &{1'b0, s};

  legal: assert property (@(posedge clk) disable iff (!rst_n)
                          req_valid |-> s.code == '0 && (!s.cfg.s1 || req_ipa_only || c.code == '0));

endmodule
