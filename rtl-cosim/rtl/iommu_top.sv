// SPDX-License-Identifier: Apache-2.0
//
// iommu_top - the whole IOMMU: an SMMUv3 of one unit, 4K granule, both stages.
//
// Ports are flat and of 64 bits at most.  Translation requests and responses, by id; one read port with bursts of
// up to 8 beats of 8 bytes (ar, r), one write port with a beat a write (aw, b); registers; interrupts [regs.sv].
// What transactions meet is pipeline.sv, what commands do inval_unit.sv.
//
// `idle` says that nothing is under way: no transaction, command, sweep or record.
//
// Parameters are named as in profile `rtl` of the model.  SETS = 0 leaves a walk cache level out.

module iommu_top
  import iommu_pkg::*;
  import tag_pkg::*;
#(
  parameter int SLOTS          = 16,
  parameter bit MERGE          = 1,
  parameter int HIT_UNDER_MISS = 255,
  parameter int CFG_SETS       = 8,
  parameter int CFG_WAYS       = 4,
  parameter int CFG_LATENCY    = 1,
  parameter int TLB_SETS       = 32,
  parameter int TLB_WAYS       = 4,
  parameter int TLB_LATENCY    = 2,
  parameter int WALK_SLOTS     = 8,
  parameter int WC_S1L0_SETS   = 1,
  parameter int WC_S1L0_WAYS   = 4,
  parameter int WC_S1L1_SETS   = 4,
  parameter int WC_S1L1_WAYS   = 2,
  parameter int WC_S1L2_SETS   = 8,
  parameter int WC_S1L2_WAYS   = 2,
  parameter int WC_S2L0_SETS   = 1,
  parameter int WC_S2L0_WAYS   = 4,
  parameter int WC_S2L1_SETS   = 4,
  parameter int WC_S2L1_WAYS   = 2,
  parameter int WC_S2L2_SETS   = 8,
  parameter int WC_S2L2_WAYS   = 2,
  parameter int POLICY         = 1,
  parameter bit TOUCH_ON_FILL  = 1,
  parameter bit INVALID_FIRST  = 1,
  parameter bit FILL_IN_FLUSH  = 1,
  parameter int CMDQ_FETCH     = 4,
  parameter int EVTQ_DEPTH     = 8
) (
  input  logic            clk,
  input  logic            rst_n,

  input  logic            req_valid,
  input  logic [15:0]     req_id,
  input  logic [31:0]     req_sid,
  input  logic            req_ssv,
  input  logic [19:0]     req_ssid,
  input  logic            req_write,
  input  logic            req_exec,
  input  logic            req_priv,
  input  logic [63:0]     req_addr,
  output logic            req_ready,

  output logic            rsp_valid,
  output logic [15:0]     rsp_id,
  output logic [2:0]      rsp_outcome,
  output logic [7:0]      rsp_code,
  output logic [5:0]      rsp_size_log2,
  output logic [63:0]     rsp_addr,
  output logic            rsp_cfg_hit,
  output logic            rsp_tlb_hit,
  output logic            rsp_merged,
  output logic [3:0]      rsp_cfg_reads,
  output logic [3:0]      rsp_s1_reads,
  output logic [5:0]      rsp_s2_reads,
  input  logic            rsp_ready,

  output logic            ar_valid,
  output logic [7:0]      ar_id,
  output logic [PA_W-1:0] ar_addr,
  output logic [2:0]      ar_len,
  input  logic            ar_ready,
  input  logic            r_valid,
  input  logic [7:0]      r_id,
  input  logic [63:0]     r_data,
  input  logic            r_last,
  input  logic            r_err,
  output logic            r_ready,

  output logic            aw_valid,
  output logic [7:0]      aw_id,
  output logic [PA_W-1:0] aw_addr,
  output logic [63:0]     aw_data,
  output logic [7:0]      aw_strb,
  input  logic            aw_ready,
  input  logic            b_valid,
  input  logic            b_error,

  input  logic            reg_valid,
  input  logic            reg_write,
  input  logic [3:0]      reg_bytes,
  input  logic [31:0]     reg_offset,
  input  logic [63:0]     reg_wdata,
  output logic            reg_ready,
  output logic            reg_rvalid,
  output logic [63:0]     reg_rdata,

  output logic [2:0]      irq,
  output logic            idle
);

  // ---- registers and queues -------------------------------------------------------------------------

  regs_t           ctl;
  logic [1:0]      fence_start, fence_done;      // 0: of a SYNC, 1: of a register
  logic            cmdq_run, cmdq_step, cmdq_stop, cmdq_irq, cmdq_idle, cmdq_quiet, init_start, init_done;
  logic [PA_W-1:0] cmdq_base, evtq_base;
  logic [4:0]      cmdq_log2, evtq_log2;
  logic [19:0]     cmdq_prod, cmdq_cons, evtq_prod, evtq_cons;
  logic [1:0]      cmdq_error;
  logic            evtq_on, evtq_step, evtq_lost, evtq_abort, evtq_idle, evtq_empty;
  logic            evtq_fence_start, evtq_fence_done, event_valid, event_ready;
  event_t          event_;
  logic            cmd_valid, cmd_ready;
  cmd_t            cmd;
  aw_t             aw;

  regs registers (
    .clk, .rst_n, .reg_valid, .reg_write, .reg_bytes, .reg_offset, .reg_wdata, .reg_ready, .reg_rvalid, .reg_rdata,
    .ctl, .fence_start(fence_start[1]), .fence_done(fence_done[1]),
    .cmdq_run, .cmdq_base, .cmdq_log2, .cmdq_prod, .cmdq_cons, .cmdq_step, .cmdq_stop, .cmdq_error, .cmdq_irq,
    .cmdq_idle, .init_start, .init_done,
    .evtq_on, .evtq_base, .evtq_log2, .evtq_prod, .evtq_cons, .evtq_step, .evtq_lost, .evtq_abort, .evtq_idle, .irq
  );

  // Clients of the read port.
  localparam int WALKS = 0, CONFIGS = 1, COMMANDS = 2, CLIENTS = 3;

  logic [CLIENTS-1:0] c_ar_valid, c_ar_ready, c_r_valid, c_r_ready;
  ar_t  [CLIENTS-1:0] c_ar;
  r_t                 c_r;
  ar_t                ar;

  cmdq #(.FETCH(CMDQ_FETCH)) commands (
    .clk, .rst_n, .run(cmdq_run), .base(cmdq_base), .log2(cmdq_log2), .prod(cmdq_prod), .cons(cmdq_cons),
    .step(cmdq_step), .stop(cmdq_stop), .error(cmdq_error), .sync_irq(cmdq_irq), .idle(cmdq_idle),
    .quiet(cmdq_quiet), .init_start, .init_done,
    .ar_valid(c_ar_valid[COMMANDS]), .ar(c_ar[COMMANDS]), .ar_ready(c_ar_ready[COMMANDS]),
    .r_valid(c_r_valid[COMMANDS]), .r(c_r), .r_ready(c_r_ready[COMMANDS]),
    .cmd_valid, .cmd, .cmd_ready
  );

  evtq #(.DEPTH(EVTQ_DEPTH)) events (
    .clk, .rst_n, .push_valid(event_valid), .push(event_), .push_ready(event_ready),
    .on(evtq_on), .base(evtq_base), .log2(evtq_log2), .prod(evtq_prod), .cons(evtq_cons),
    .step(evtq_step), .lost(evtq_lost), .aborted(evtq_abort), .idle(evtq_idle),
    .fence_start(evtq_fence_start), .fence_done(evtq_fence_done), .empty(evtq_empty),
    .aw_valid, .aw, .aw_ready, .b_valid, .b_error
  );

  assign {aw_id, aw_addr, aw_data, aw_strb} = aw;

  // ---- invalidations --------------------------------------------------------------------------------

  logic   inval_start, tlb_start, cfg_ready, tlb_ready, walker_ready, piece_filled, inval_idle;
  inval_t inval;
  match_t tlb_match;

  inval_unit invalidations (
    .clk, .rst_n, .cmd_valid, .cmd, .cmd_ready, .cfg_ready, .tlb_ready, .walk_ready(walker_ready), .piece_filled,
    .start(inval_start), .inval, .tlb_start, .tlb_match, .fence_start(fence_start[0]), .fence_done(fence_done[0]),
    .evtq_fence_start, .evtq_fence_done, .idle(inval_idle)
  );

  // ---- transactions ---------------------------------------------------------------------------------

  req_t             req;
  rsp_t             rsp;
  logic             cfg_lookup, cfg_hit_valid, cfg_hit, cfg_fill;
  logic [CTX_W-1:0] cfg_ctx, cfg_fill_ctx;
  logic [SID_W-1:0] cfg_sid, cfg_fill_sid;
  cfg_t             cfg_found, cfg_fill_cfg;
  logic             fetch_valid, fetch_ready, fetch_rsp_valid, fetch_rsp_ready;
  cfg_req_t         fetch;
  cfg_rsp_t         fetch_rsp;
  logic             tlb_lookup, tlb_hit_valid, tlb_hit, tlb_fill;
  logic [CTX_W-1:0] tlb_ctx, tlb_fill_ctx;
  logic [63:0]      tlb_addr, tlb_fill_addr;
  logic [TAG_W-1:0] tlb_fill_tag;
  leaf_t            tlb_found, tlb_fill_leaf;
  logic             p_walk_valid, p_walk_ready, p_walk_rsp_valid, p_walk_rsp_ready;
  walk_req_t        p_walk;
  logic             f_r_ready, f_walk_valid, f_walk_ready, f_walk_rsp_valid, f_walk_rsp_ready;
  walk_req_t        f_walk;
  logic             walk_valid, walk_ready, walk_rsp_valid, walk_rsp_ready;
  walk_req_t        walk;
  walk_rsp_t        walk_rsp;
  logic [SLOTS-1:0] overtaken;
  logic             pipeline_idle, walker_idle, walker_done;
  logic             cfg_filled, cfg_evicted, cfg_done, tlb_filled, tlb_evicted, tlb_done;
  logic [15:0]      cfg_way, tlb_way;
  logic [5:0]       tlb_size;

  assign req = '{id: req_id, sid: req_sid, ssv: req_ssv, ssid: req_ssid, write: req_write, exec: req_exec,
                 priv: req_priv, addr: req_addr};
  assign {rsp_id, rsp_outcome, rsp_code, rsp_size_log2, rsp_addr, rsp_cfg_hit, rsp_tlb_hit, rsp_merged,
          rsp_cfg_reads, rsp_s1_reads, rsp_s2_reads} = rsp;

  pipeline #(
    .SLOTS(SLOTS), .MERGE(MERGE), .HIT_UNDER_MISS(HIT_UNDER_MISS), .CFG_LATENCY(CFG_LATENCY), .TLB_LATENCY(TLB_LATENCY)
  ) transactions (
    .clk, .rst_n, .ctl, .req_valid, .req, .req_ready, .rsp_valid, .rsp, .rsp_ready,
    .cfg_ready, .cfg_lookup, .cfg_ctx, .cfg_sid, .cfg_hit_valid, .cfg_hit, .cfg_found,
    .cfg_fill, .cfg_fill_ctx, .cfg_fill_sid, .cfg_fill_cfg,
    .fetch_valid, .fetch, .fetch_ready, .fetch_rsp_valid, .fetch_rsp, .fetch_rsp_ready,
    .tlb_ready, .tlb_lookup, .tlb_ctx, .tlb_addr, .tlb_hit_valid, .tlb_hit, .tlb_found,
    .tlb_fill, .tlb_fill_ctx, .tlb_fill_addr, .tlb_fill_tag, .tlb_fill_leaf,
    .walk_valid(p_walk_valid), .walk(p_walk), .walk_ready(p_walk_ready),
    .walk_rsp_valid(p_walk_rsp_valid), .walk_rsp, .walk_rsp_ready(p_walk_rsp_ready),
    .event_valid, .event_, .event_ready,
    .inval_start, .inval, .overtaken, .fence_start, .fence_done, .idle(pipeline_idle)
  );

  cfg_cache #(
    .SETS(CFG_SETS), .WAYS(CFG_WAYS), .POLICY(POLICY), .TOUCH_ON_FILL(TOUCH_ON_FILL), .INVALID_FIRST(INVALID_FIRST),
    .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(CFG_LATENCY)
  ) configurations (
    .clk, .rst_n, .ready(cfg_ready), .lookup_valid(cfg_lookup), .lookup_ctx(cfg_ctx), .lookup_sid(cfg_sid),
    .hit_valid(cfg_hit_valid), .hit(cfg_hit), .hit_cfg(cfg_found),
    .fill_valid(cfg_fill), .fill_ctx(cfg_fill_ctx), .fill_sid(cfg_fill_sid), .fill_tag('0), .fill_cfg(cfg_fill_cfg),
    .filled(cfg_filled), .fill_evicted(cfg_evicted), .fill_way(cfg_way),
    .inval_valid(inval_start && inval.cfg_valid), .inval_match(inval.cfg), .inval_done(cfg_done)
  );

  iotlb #(
    .SETS(TLB_SETS), .WAYS(TLB_WAYS), .POLICY(POLICY), .TOUCH_ON_FILL(TOUCH_ON_FILL), .INVALID_FIRST(INVALID_FIRST),
    .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(TLB_LATENCY)
  ) translations (
    .clk, .rst_n, .ready(tlb_ready), .lookup_valid(tlb_lookup), .lookup_ctx(tlb_ctx), .lookup_addr(tlb_addr),
    .hit_valid(tlb_hit_valid), .hit(tlb_hit), .hit_size(tlb_size), .hit_leaf(tlb_found),
    .fill_valid(tlb_fill), .fill_ctx(tlb_fill_ctx), .fill_base(tlb_fill_addr), .fill_size(tlb_fill_leaf.size_log2),
    .fill_tag(tlb_fill_tag), .fill_leaf(tlb_fill_leaf),
    .filled(tlb_filled), .fill_evicted(tlb_evicted), .fill_way(tlb_way),
    .inval_valid(tlb_start), .inval_match(tlb_match), .inval_done(tlb_done)
  );

  assign piece_filled = tlb_fill && tlb_fill_leaf.piece;

  cfg_fetch fetcher (
    .clk, .rst_n, .regs(ctl), .req_valid(fetch_valid), .req(fetch), .req_ready(fetch_ready),
    .rsp_valid(fetch_rsp_valid), .rsp(fetch_rsp), .rsp_ready(fetch_rsp_ready),
    .ar_valid(c_ar_valid[CONFIGS]), .ar(c_ar[CONFIGS]), .ar_ready(c_ar_ready[CONFIGS]),
    .r_valid(c_r_valid[CONFIGS]), .r(c_r), .r_ready(f_r_ready),
    .walk_valid(f_walk_valid), .walk(f_walk), .walk_ready(f_walk_ready),
    .walk_rsp_valid(f_walk_rsp_valid), .walk_rsp, .walk_rsp_ready(f_walk_rsp_ready),
    .inval(inval_start && inval.cfg_valid), .inval_match(inval.cfg)
  );

  // It is ready when a beat of its own comes, and need not be asked.
  assign c_r_ready[CONFIGS] = 1'b1;

  // The fetcher's walks come first: it has one at a time.  Bit 7 of a walk's tag says that it is the fetcher's.
  localparam int FETCHER = 7;

  assign walk_valid       = f_walk_valid || p_walk_valid;
  assign f_walk_ready     = walk_ready;
  assign p_walk_ready     = walk_ready && !f_walk_valid;
  assign f_walk_rsp_valid = walk_rsp_valid && walk_rsp.tag[FETCHER];
  assign p_walk_rsp_valid = walk_rsp_valid && !walk_rsp.tag[FETCHER];
  assign walk_rsp_ready   = walk_rsp.tag[FETCHER] ? f_walk_rsp_ready : p_walk_rsp_ready;

  always_comb begin
    walk = f_walk_valid ? f_walk : p_walk;
    walk.tag[FETCHER] = f_walk_valid;
    if (f_walk_valid && overtaken[f_walk.tag[$clog2(SLOTS)-1:0]]) walk.nofill = 1'b1;
  end

  walker #(
    .WALK_SLOTS(WALK_SLOTS), .WC_S1L0_SETS(WC_S1L0_SETS), .WC_S1L0_WAYS(WC_S1L0_WAYS), .WC_S1L1_SETS(WC_S1L1_SETS),
    .WC_S1L1_WAYS(WC_S1L1_WAYS), .WC_S1L2_SETS(WC_S1L2_SETS), .WC_S1L2_WAYS(WC_S1L2_WAYS),
    .WC_S2L0_SETS(WC_S2L0_SETS), .WC_S2L0_WAYS(WC_S2L0_WAYS), .WC_S2L1_SETS(WC_S2L1_SETS),
    .WC_S2L1_WAYS(WC_S2L1_WAYS), .WC_S2L2_SETS(WC_S2L2_SETS), .WC_S2L2_WAYS(WC_S2L2_WAYS), .WC_POLICY(POLICY)
  ) walks (
    .clk, .rst_n, .req_valid(walk_valid), .req(walk), .req_ready(walk_ready),
    .rsp_valid(walk_rsp_valid), .rsp(walk_rsp), .rsp_ready(walk_rsp_ready),
    .ar_valid(c_ar_valid[WALKS]), .ar(c_ar[WALKS]), .ar_ready(c_ar_ready[WALKS]),
    .r_valid(c_r_valid[WALKS]), .r(c_r), .r_ready(c_r_ready[WALKS]),
    .inval_valid(inval_start), .inval, .inval_ready(walker_ready), .inval_done(walker_done), .idle(walker_idle)
  );

  // ---- memory ---------------------------------------------------------------------------------------

  mem_arb #(.CLIENTS(CLIENTS), .CLIENT_BITS(2)) reads (
    .clk, .rst_n, .c_ar_valid, .c_ar, .c_ar_ready, .c_r_valid, .c_r, .c_r_ready,
    .ar_valid, .ar, .ar_ready,
    .r_valid, .r('{id: r_id, data: r_data, last: r_last, err: r_err}), .r_ready
  );

  assign {ar_id, ar_addr, ar_len} = ar;

  assign idle = pipeline_idle && walker_idle && cmdq_quiet && inval_idle && evtq_empty && evtq_idle;

  wire unused = &{1'b0, cfg_filled, cfg_evicted, cfg_way, cfg_done, tlb_filled, tlb_evicted, tlb_way, tlb_done,
                  tlb_size, walker_done, walk_rsp.tag};

  inval_in_step: assert property (@(posedge clk) disable iff (!rst_n) inval_start |-> walker_ready && cfg_ready && tlb_ready);
  fetcher_ready: assert property (@(posedge clk) disable iff (!rst_n) c_r_valid[CONFIGS] |-> f_r_ready);
  walks_of_both: cover property (@(posedge clk) disable iff (!rst_n) f_walk_valid && p_walk_valid);
  went_idle:     cover property (@(posedge clk) disable iff (!rst_n) idle);

endmodule
