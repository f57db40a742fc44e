// SPDX-License-Identifier: Apache-2.0
//
// pipeline - transactions from request to response, SLOTS at a time.
//
// A transaction has a slot from the cycle after its request to that of its response.  It is in one state, and in
// each cycle, for each thing there is to do, the oldest of those that want it goes on:
//
//   CFG      wants a lookup in the configuration cache, one a cycle        -> CFG_W until that answers
//   FETCH    not there: wants the configuration fetcher                    -> FETCH_W until that answers
//   CFILL    fetched: is put into the cache
//   TLB      configuration known: ends here if nothing translates it; else wants a lookup in the IOTLB, one a cycle
//                                                                          -> TLB_W until that answers
//   WALK     not there: wants the walker                                   -> WALK_W until that answers
//   TFILL    walked: is put into the IOTLB
//   MERGED   not there, but a walk for the same page of the same stream is under way: when that has been put into
//            the IOTLB it looks again, from CFG on (MERGE)
//   EVENT    its fault is to be recorded: wants room in the event queue
//   RSP      wants the response port, where it stays until it is taken
//
// So a hit passes misses, and responses come in any order.  With more than HIT_UNDER_MISS slots in a miss nobody else
// looks up until one of them has ended; what looks up already goes on.  0: one miss blocks, 255: none ever does.
//
// While CR0.SMMUEN is 0 a request is answered as GBPA says; that is decided in the cycle in which it is taken.
//
// Invalidations.  inval_start is high in the cycle in which one begins to take effect in all structures.  What a
// transaction has looked up or walked before may be used, for this once; it is not kept where an invalidation that
// came in between may have to remove it, as far as is known then of its context and address.
//
// fence_start is high for one cycle; fence_done is low from the next cycle on until all transactions that had a slot
// in that cycle have been answered.  There are two of them, for the command queue and for the registers.

module pipeline
  import iommu_pkg::*;
  import tag_pkg::*;
  import vmsa_pkg::*;
  import smmuv3_fields_pkg::*;
#(
  parameter int SLOTS          = 16,
  parameter bit MERGE          = 1,
  parameter int HIT_UNDER_MISS = 255,
  parameter int CFG_LATENCY    = 1,
  parameter int TLB_LATENCY    = 1,
  parameter int ANSWER_LIMIT   = 1 << 20    // cycles within which some transaction has to end: an assertion
) (
  input  logic             clk,
  input  logic             rst_n,
  input  regs_t            ctl,

  input  logic             req_valid,
  input  req_t             req,
  output logic             req_ready,
  output logic             rsp_valid,
  output rsp_t             rsp,
  input  logic             rsp_ready,

  // configuration cache
  input  logic             cfg_ready,
  output logic             cfg_lookup,
  output logic [CTX_W-1:0] cfg_ctx,
  output logic [SID_W-1:0] cfg_sid,
  input  logic             cfg_hit_valid,
  input  logic             cfg_hit,
  input  cfg_t             cfg_found,
  output logic             cfg_fill,
  output logic [CTX_W-1:0] cfg_fill_ctx,
  output logic [SID_W-1:0] cfg_fill_sid,
  output cfg_t             cfg_fill_cfg,

  // its fetcher
  output logic             fetch_valid,
  output cfg_req_t         fetch,
  input  logic             fetch_ready,
  input  logic             fetch_rsp_valid,
  input  cfg_rsp_t         fetch_rsp,
  output logic             fetch_rsp_ready,

  // IOTLB
  input  logic             tlb_ready,
  output logic             tlb_lookup,
  output logic [CTX_W-1:0] tlb_ctx,
  output logic [63:0]      tlb_addr,
  input  logic             tlb_hit_valid,
  input  logic             tlb_hit,
  input  leaf_t            tlb_found,
  output logic             tlb_fill,
  output logic [CTX_W-1:0] tlb_fill_ctx,
  output logic [63:0]      tlb_fill_addr,
  output logic [TAG_W-1:0] tlb_fill_tag,
  output leaf_t            tlb_fill_leaf,

  // walker
  output logic             walk_valid,
  output walk_req_t        walk,
  input  logic             walk_ready,
  input  logic             walk_rsp_valid,
  input  walk_rsp_t        walk_rsp,
  output logic             walk_rsp_ready,

  // event queue
  output logic             event_valid,
  output event_t           event_,
  input  logic             event_ready,

  input  logic             inval_start,
  input  inval_t           inval,
  output logic [SLOTS-1:0] overtaken,       // by slot: not to be kept
  input  logic [1:0]       fence_start,
  output logic [1:0]       fence_done,
  output logic             idle
);

  localparam int IDX_W = $clog2(SLOTS);

  if (SLOTS < 2 || SLOTS > 64)                   $fatal(1, "SLOTS = %0d: 2 to 64", SLOTS);
  if (HIT_UNDER_MISS < 0 || HIT_UNDER_MISS > 255) $fatal(1, "HIT_UNDER_MISS = %0d", HIT_UNDER_MISS);

  typedef logic [SLOTS-1:0] set_t;
  typedef logic [IDX_W-1:0] idx_t;
  typedef enum logic [3:0] {
    FREE, CFG, CFG_W, FETCH, FETCH_W, CFILL, TLB, TLB_W, WALK, WALK_W, TFILL, MERGED, EVENT, RSP
  } state_t;

  // ---- the slots ------------------------------------------------------------------------------------

  state_t      state_q [SLOTS];
  req_t        req_q   [SLOTS];
  cfg_t        cfg_q   [SLOTS];
  logic [63:0] canon_q [SLOTS];             // address without its tag: what the IOTLB keys
  leaf_t       leaf_q  [SLOTS];
  fault_t      fault_q [SLOTS];             // EVENT
  rsp_t        rsp_q   [SLOTS];             // RSP; the trail from the beginning on
  idx_t        lead_q  [SLOTS];             // MERGED: whose walk
  set_t        older_q [SLOTS];             // who was there before
  set_t        missed_q;                    // its miss counts
  set_t        keep_cfg_q, keep_tlb_q;      // no invalidation has come that it matters to

  // Who wants what.
  set_t busy, in_cfg, in_fetch, in_cfill, in_tlb, in_walk, in_tfill, in_event, in_rsp, walking;

  always_comb
    for (int i = 0; i < SLOTS; i++) begin
      busy[i]     = state_q[i] != FREE;
      in_cfg[i]   = state_q[i] == CFG;
      in_fetch[i] = state_q[i] == FETCH;
      in_cfill[i] = state_q[i] == CFILL;
      in_tlb[i]   = state_q[i] == TLB;
      in_walk[i]  = state_q[i] == WALK;
      in_tfill[i] = state_q[i] == TFILL;
      in_event[i] = state_q[i] == EVENT;
      in_rsp[i]   = state_q[i] == RSP;
      walking[i]  = state_q[i] inside {WALK, WALK_W, TFILL};
    end

  assign idle      = busy == '0;
  assign overtaken = busy & ~keep_tlb_q;

  function automatic idx_t index_of(set_t one);
    idx_t n;
    n = '0;
    for (int i = 0; i < SLOTS; i++)
      if (one[i]) n |= IDX_W'(i);
    return n;
  endfunction

  // The oldest of those that want something.
  function automatic idx_t oldest(set_t want, set_t older [SLOTS]);
    set_t one;
    for (int i = 0; i < SLOTS; i++)
      one[i] = want[i] && (want & older[i]) == '0;
    return index_of(one);
  endfunction

  // ---- ends -----------------------------------------------------------------------------------------

  localparam logic [7:0] FIRST_OF_FOUR = 8'(EV_F_TRANSLATION), LAST_OF_FOUR = 8'(EV_F_PERMISSION);

  // The four faults obey CD.A where stage 1 met them.
  function automatic outcome_t outcome_of(fault_t f, cfg_t c);
    logic unused;
    unused = ^{f, c};
    return !f.s2 && c.s1 && !c.cd_a && f.code >= FIRST_OF_FOUR && f.code <= LAST_OF_FOUR ? OUT_RAZWI : OUT_FAULT;
  endfunction

  function automatic fault_t fault_in(logic [7:0] code, logic record, logic s2, logic [55:0] ipa);
    fault_t f;
    f        = '0;
    f.code   = code;
    f.record = record;
    f.s2     = s2;
    f.cls    = CLASS_IN;
    f.ipa    = s2 ? ipa : '0;
    return f;
  endfunction

  function automatic logic [63:0] offset_in(leaf_t l, logic [63:0] addr);
    logic unused;
    unused = ^l;
    return addr & ~({64{1'b1}} << l.size_log2);
  endfunction

  function automatic logic [63:0] output_of(leaf_t l, logic [63:0] addr);
    return {16'h0, l.pa, 12'h0} | offset_in(l, addr);
  endfunction

  // ---- requests -------------------------------------------------------------------------------------

  set_t free_one;
  idx_t free_idx;
  logic req_take;

  assign free_one  = ~busy & (busy + SLOTS'(1));     // the lowest
  assign free_idx  = index_of(free_one);
  assign req_ready = busy != '1;
  assign req_take  = req_valid && req_ready;

  // ---- misses under which nobody looks up -----------------------------------------------------------

  logic shut;

  assign shut = HIT_UNDER_MISS != 255 && $countones(missed_q) > HIT_UNDER_MISS;

  // ---- configuration --------------------------------------------------------------------------------

  set_t may_cfg;
  idx_t cfg_idx, fetch_idx, cfill_idx, fetch_rsp_idx;
  logic cfg_take, fetch_take, cfill_take, cfill_keep;

  assign may_cfg    = in_cfg & (shut ? missed_q : '1);
  assign cfg_idx    = oldest(may_cfg, older_q);
  assign cfg_lookup = may_cfg != '0;
  assign cfg_take   = cfg_lookup && cfg_ready;
  assign cfg_sid    = req_q[cfg_idx].sid;
  assign cfg_ctx    = stream_key(cfg_sid, req_q[cfg_idx].ssv, req_q[cfg_idx].ssid);

  // A lookup's slot, until its answer comes.
  idx_t cfg_way_q [CFG_LATENCY];
  idx_t cfg_hit_idx;

  always_ff @(posedge clk) begin
    cfg_way_q[0] <= cfg_idx;
    for (int i = 1; i < CFG_LATENCY; i++) cfg_way_q[i] <= cfg_way_q[i-1];
  end
  assign cfg_hit_idx = cfg_way_q[CFG_LATENCY-1];

  // One whose turn it was stays while it waits.
  logic fetch_held_q;
  idx_t fetch_idx_q;

  assign fetch_idx   = fetch_held_q ? fetch_idx_q : oldest(in_fetch, older_q);
  assign fetch_valid = in_fetch != '0;
  assign fetch_take  = fetch_valid && fetch_ready;

  always_comb begin
    fetch      = '0;
    fetch.tag  = 8'(fetch_idx);
    fetch.sid  = req_q[fetch_idx].sid;
    fetch.ssv  = req_q[fetch_idx].ssv;
    fetch.ssid = req_q[fetch_idx].ssid;
  end

  assign fetch_rsp_ready = 1'b1;
  assign fetch_rsp_idx   = fetch_rsp.tag[IDX_W-1:0];

  assign cfill_idx    = oldest(in_cfill, older_q);
  assign cfill_keep   = keep_cfg_q[cfill_idx];
  assign cfg_fill     = in_cfill != '0 && cfill_keep;
  assign cfill_take   = in_cfill != '0 && (cfg_ready || !cfill_keep);
  assign cfg_fill_sid = req_q[cfill_idx].sid;
  assign cfg_fill_ctx = stream_key(cfg_fill_sid, req_q[cfill_idx].ssv, req_q[cfill_idx].ssid);
  assign cfg_fill_cfg = cfg_q[cfill_idx];

  // ---- translation ----------------------------------------------------------------------------------

  set_t may_tlb;
  idx_t tlb_idx, walk_idx, tfill_idx, walk_rsp_idx;
  logic tlb_take, walk_take, tfill_take, tfill_keep;

  // What there is to do with a configuration.
  req_t      to_req;
  cfg_t      to_cfg;
  half_sel_t to_half;
  logic      to_ends;                        // without a lookup
  outcome_t  to_outcome;
  fault_t    to_fault;

  assign may_tlb = in_tlb & (shut ? missed_q : '1);
  assign tlb_idx = oldest(may_tlb, older_q);
  assign to_req  = req_q[tlb_idx];
  assign to_cfg  = cfg_q[tlb_idx];
  assign to_half = select_half(to_cfg, to_req.addr);

  always_comb begin
    to_ends    = 1'b1;
    to_outcome = OUT_BYPASS;
    to_fault   = '0;
    if (to_cfg.aborts) begin
      to_outcome = OUT_ABORT;
    end else if (to_cfg.s1) begin
      to_ends = to_half.ranged ? 1'b0 : 1'b1;
      if (to_ends) to_fault = fault_in(8'(EV_F_TRANSLATION), to_cfg.cd_r, 1'b0, '0);
    end else if (to_req.addr[63:PA_W] != '0) begin
      to_fault = fault_in(8'(EV_F_ADDR_SIZE), 1'b1, 1'b0, '0);
    end else begin
      to_ends = !to_cfg.s2;
    end
    if (to_fault.code != '0) to_outcome = outcome_of(to_fault, to_cfg);
  end

  assign tlb_lookup = may_tlb != '0 && !to_ends;
  assign tlb_take   = may_tlb != '0 && (to_ends || tlb_ready);
  assign tlb_ctx    = context_tag(to_cfg.s1, to_cfg.asid, to_cfg.vmid);
  assign tlb_addr   = to_cfg.s1 ? to_half.canon : to_req.addr;

  idx_t tlb_way_q [TLB_LATENCY];
  idx_t tlb_hit_idx;

  always_ff @(posedge clk) begin
    tlb_way_q[0] <= tlb_idx;
    for (int i = 1; i < TLB_LATENCY; i++) tlb_way_q[i] <= tlb_way_q[i-1];
  end
  assign tlb_hit_idx = tlb_way_q[TLB_LATENCY-1];

  // A hit: permissions as after a walk.
  req_t   hit_req;
  cfg_t   hit_cfg;
  perm_t  hit_need;
  fault_t hit_fault;

  assign hit_req  = req_q[tlb_hit_idx];
  assign hit_cfg  = cfg_q[tlb_hit_idx];
  assign hit_need = need(hit_req.write, hit_req.exec, hit_req.priv);

  always_comb begin
    hit_fault = '0;
    if (hit_cfg.s1 && (tlb_found.perm1 & hit_need) == '0)
      hit_fault = fault_in(8'(EV_F_PERMISSION), hit_cfg.cd_r, 1'b0, '0);
    else if (hit_cfg.s2 && (tlb_found.perm2 & hit_need) == '0)
      hit_fault = fault_in(8'(EV_F_PERMISSION), hit_cfg.s2r, 1'b1,
                           {8'h0, tlb_found.ipa, 12'h0} | 56'(offset_in(tlb_found, hit_req.addr)));
  end

  // A miss: is its page walked for the same stream?
  set_t same_page;

  always_comb
    for (int i = 0; i < SLOTS; i++)
      same_page[i] = MERGE && walking[i] && keep_tlb_q[i] && req_q[i].sid == hit_req.sid &&
                     req_q[i].ssv == hit_req.ssv && (!hit_req.ssv || req_q[i].ssid == hit_req.ssid) &&
                     req_q[i].addr[63:12] == hit_req.addr[63:12];

  logic walk_held_q;
  idx_t walk_idx_q;

  assign walk_idx   = walk_held_q ? walk_idx_q : oldest(in_walk, older_q);
  assign walk_valid = in_walk != '0;
  assign walk_take  = walk_valid && walk_ready;

  always_comb begin
    walk          = '0;
    walk.tag      = 8'(walk_idx);
    walk.nofill   = !keep_tlb_q[walk_idx];
    walk.cfg      = cfg_q[walk_idx];
    walk.addr     = req_q[walk_idx].addr;
    walk.write    = req_q[walk_idx].write;
    walk.exec     = req_q[walk_idx].exec;
    walk.priv     = req_q[walk_idx].priv;
  end

  assign walk_rsp_ready = 1'b1;
  assign walk_rsp_idx   = walk_rsp.tag[IDX_W-1:0];

  assign tfill_idx     = oldest(in_tfill, older_q);
  assign tfill_keep    = keep_tlb_q[tfill_idx];
  assign tlb_fill      = in_tfill != '0 && tfill_keep;
  assign tfill_take    = in_tfill != '0 && (tlb_ready || !tfill_keep);
  assign tlb_fill_leaf = leaf_q[tfill_idx];
  assign tlb_fill_addr = canon_q[tfill_idx];
  assign tlb_fill_ctx  = context_tag(cfg_q[tfill_idx].s1, cfg_q[tfill_idx].asid, cfg_q[tfill_idx].vmid);

  always_comb begin
    tlb_fill_tag             = tlb_fill_ctx;
    tlb_fill_tag[TAG_GLOBAL] = tlb_fill_leaf.global_;
    tlb_fill_tag[TAG_PIECE]  = tlb_fill_leaf.piece;
  end

  // ---- events and responses -------------------------------------------------------------------------

  idx_t event_idx, rsp_idx;
  logic event_take, rsp_take, event_held_q, rsp_held_q;
  idx_t event_idx_q, rsp_idx_q;

  assign event_idx   = event_held_q ? event_idx_q : oldest(in_event, older_q);
  assign event_valid = in_event != '0;
  assign event_      = '{fault: fault_q[event_idx], req: req_q[event_idx]};
  assign event_take  = event_valid && event_ready;
  assign rsp_idx     = rsp_held_q ? rsp_idx_q : oldest(in_rsp, older_q);
  assign rsp_valid   = in_rsp != '0;
  assign rsp         = rsp_valid ? rsp_q[rsp_idx] : '0;
  assign rsp_take    = rsp_valid && rsp_ready;

  always_ff @(posedge clk)
    if (!rst_n) begin
      fetch_held_q <= 1'b0;
      walk_held_q  <= 1'b0;
      event_held_q <= 1'b0;
      rsp_held_q   <= 1'b0;
      fetch_idx_q  <= '0;
      walk_idx_q   <= '0;
      event_idx_q  <= '0;
      rsp_idx_q    <= '0;
    end else begin
      fetch_held_q <= fetch_valid && !fetch_ready;
      walk_held_q  <= walk_valid && !walk_ready;
      event_held_q <= event_valid && !event_ready;
      rsp_held_q   <= rsp_valid && !rsp_ready;
      fetch_idx_q  <= fetch_idx;
      walk_idx_q   <= walk_idx;
      event_idx_q  <= event_idx;
      rsp_idx_q    <= rsp_idx;
    end

  // ---- states ---------------------------------------------------------------------------------------

  always_ff @(posedge clk)
    if (!rst_n) begin
      for (int i = 0; i < SLOTS; i++) state_q[i] <= FREE;
      missed_q <= '0;
    end else begin
      if (req_take) begin
        state_q[free_idx]  <= ctl.smmuen ? CFG : RSP;
        missed_q[free_idx] <= 1'b0;
      end
      if (cfg_take) state_q[cfg_idx] <= CFG_W;
      if (cfg_hit_valid) begin
        state_q[cfg_hit_idx] <= cfg_hit ? TLB : FETCH;
        if (!cfg_hit) missed_q[cfg_hit_idx] <= 1'b1;
      end
      if (fetch_take) state_q[fetch_idx] <= FETCH_W;
      if (fetch_rsp_valid)
        state_q[fetch_rsp_idx] <= fetch_rsp.ok ? CFILL : fetch_rsp.fault.record ? EVENT : RSP;
      if (cfill_take) state_q[cfill_idx] <= TLB;
      if (tlb_take) state_q[tlb_idx] <= !to_ends ? TLB_W : to_fault.record ? EVENT : RSP;
      if (tlb_hit_valid) begin
        if (tlb_hit)                state_q[tlb_hit_idx] <= hit_fault.record ? EVENT : RSP;
        else if (same_page != '0)   state_q[tlb_hit_idx] <= MERGED;
        else                        state_q[tlb_hit_idx] <= WALK;
        missed_q[tlb_hit_idx] <= !tlb_hit && same_page == '0;
      end
      if (walk_take) state_q[walk_idx] <= WALK_W;
      if (walk_rsp_valid)
        state_q[walk_rsp_idx] <= walk_rsp.ok ? TFILL : walk_rsp.fault.record ? EVENT : RSP;
      if (tfill_take) state_q[tfill_idx] <= RSP;
      if (event_take) state_q[event_idx] <= RSP;
      if (rsp_take)   state_q[rsp_idx]   <= FREE;
      for (int i = 0; i < SLOTS; i++) begin
        if (state_q[i] == MERGED && !walking[lead_q[i]]) state_q[i] <= CFG;
        if (state_q[i] inside {FREE, EVENT, RSP}) missed_q[i] <= 1'b0;
      end
    end

  // What is read only in states that come after its writing is not reset.
  always_ff @(posedge clk) begin
    if (req_take) begin
      req_q[free_idx]        <= req;
      rsp_q[free_idx]        <= '0;
      rsp_q[free_idx].id     <= req.id;
      if (!ctl.smmuen) begin
        rsp_q[free_idx].outcome <= ctl.gbpa_abort || req.addr[63:PA_W] != '0 ? OUT_ABORT : OUT_BYPASS;
        rsp_q[free_idx].addr    <= ctl.gbpa_abort || req.addr[63:PA_W] != '0 ? '0 : req.addr;
      end
    end
    if (cfg_hit_valid) begin
      cfg_q[cfg_hit_idx]               <= cfg_found;
      rsp_q[cfg_hit_idx].trail.cfg_hit <= cfg_hit;
    end
    if (fetch_rsp_valid) begin
      cfg_q[fetch_rsp_idx]                 <= fetch_rsp.cfg;
      fault_q[fetch_rsp_idx]               <= fetch_rsp.fault;
      rsp_q[fetch_rsp_idx].outcome         <= OUT_FAULT;
      rsp_q[fetch_rsp_idx].code            <= fetch_rsp.fault.code;
      rsp_q[fetch_rsp_idx].trail.cfg_reads <= fetch_rsp.reads;
      rsp_q[fetch_rsp_idx].trail.s2_reads  <= fetch_rsp.s2_reads;
    end
    if (tlb_take) begin
      canon_q[tlb_idx] <= tlb_addr;
      if (to_ends) begin
        fault_q[tlb_idx]       <= to_fault;
        rsp_q[tlb_idx].outcome <= to_outcome;
        rsp_q[tlb_idx].code    <= to_fault.code;
        rsp_q[tlb_idx].addr    <= to_outcome == OUT_BYPASS ? to_req.addr : '0;
      end
    end
    if (tlb_hit_valid) begin
      lead_q[tlb_hit_idx]              <= index_of(same_page & ~(same_page - SLOTS'(1)));
      rsp_q[tlb_hit_idx].trail.tlb_hit <= tlb_hit;
      if (tlb_hit) begin
        fault_q[tlb_hit_idx]           <= hit_fault;
        rsp_q[tlb_hit_idx].outcome     <= hit_fault.code != '0 ? outcome_of(hit_fault, hit_cfg) : OUT_OK;
        rsp_q[tlb_hit_idx].code        <= hit_fault.code;
        rsp_q[tlb_hit_idx].size_log2   <= hit_fault.code != '0 ? '0 : tlb_found.size_log2;
        rsp_q[tlb_hit_idx].addr        <= hit_fault.code != '0 ? '0 : output_of(tlb_found, hit_req.addr);
      end else if (same_page != '0) begin
        rsp_q[tlb_hit_idx].trail.merged <= 1'b1;
      end
    end
    if (walk_rsp_valid) begin
      leaf_q[walk_rsp_idx]                <= walk_rsp.leaf;
      fault_q[walk_rsp_idx]               <= walk_rsp.fault;
      rsp_q[walk_rsp_idx].outcome         <= walk_rsp.ok ? OUT_OK : outcome_of(walk_rsp.fault, cfg_q[walk_rsp_idx]);
      rsp_q[walk_rsp_idx].code            <= walk_rsp.fault.code;
      rsp_q[walk_rsp_idx].size_log2       <= walk_rsp.ok ? walk_rsp.leaf.size_log2 : '0;
      rsp_q[walk_rsp_idx].addr            <= walk_rsp.ok ? output_of(walk_rsp.leaf, req_q[walk_rsp_idx].addr) : '0;
      rsp_q[walk_rsp_idx].trail.s1_reads  <= walk_rsp.s1_reads;
      rsp_q[walk_rsp_idx].trail.s2_reads  <= rsp_q[walk_rsp_idx].trail.s2_reads + walk_rsp.s2_reads;
    end
  end

  // Who was there before.
  always_ff @(posedge clk)
    if (req_take)
      for (int i = 0; i < SLOTS; i++)
        if (free_one[i]) older_q[i]           <= busy;
        else             older_q[i][free_idx] <= 1'b0;

  // ---- invalidations --------------------------------------------------------------------------------

  set_t cfg_gone, tlb_gone;

  always_comb begin
    cfg_gone = '0;
    tlb_gone = '0;
    if (inval_start)
      for (int i = 0; i < SLOTS; i++) begin
        // What has its configuration, or is about to get it.
        cfg_gone[i] = inval.cfg_valid && state_q[i] inside {CFG_W, FETCH_W, CFILL, TLB, TLB_W, WALK, WALK_W, TFILL} &&
                      ((stream_key(req_q[i].sid, req_q[i].ssv, req_q[i].ssid) ^ inval.cfg.ctx_value) & inval.cfg.ctx_mask) == '0;
        tlb_gone[i] = cfg_gone[i];
        if (inval.tlb_valid && state_q[i] inside {CFG_W, FETCH_W})
          tlb_gone[i] = 1'b1;
        else if (inval.tlb_valid && state_q[i] inside {CFILL, TLB, TLB_W, WALK, WALK_W, TFILL})
          tlb_gone[i] = cfg_gone[i] ||
                        may_remove(inval.tlb, context_tag(cfg_q[i].s1, cfg_q[i].asid, cfg_q[i].vmid),
                                   !(state_q[i] inside {CFILL, TLB}), canon_q[i]);
      end
  end

  always_ff @(posedge clk)
    if (!rst_n) begin
      keep_cfg_q <= '1;
      keep_tlb_q <= '1;
    end else begin
      keep_cfg_q <= keep_cfg_q & ~cfg_gone;
      keep_tlb_q <= keep_tlb_q & ~tlb_gone;
      if (fetch_rsp_valid && fetch_rsp.overtaken) keep_cfg_q[fetch_rsp_idx] <= 1'b0;
      if (walk_rsp_valid && walk_rsp.overtaken)   keep_tlb_q[walk_rsp_idx] <= 1'b0;
      for (int i = 0; i < SLOTS; i++)
        if (state_q[i] inside {FREE, MERGED}) begin
          keep_cfg_q[i] <= 1'b1;
          keep_tlb_q[i] <= 1'b1;
        end
    end

  set_t fence_q [2];

  for (genvar f = 0; f < 2; f++) begin : g_fence
    always_ff @(posedge clk)
      if (!rst_n) fence_q[f] <= '0;
      else        fence_q[f] <= fence_start[f] ? busy : fence_q[f] & busy;
    assign fence_done[f] = (fence_q[f] & busy) == '0;
  end

  // ---- what must hold -------------------------------------------------------------------------------

  logic [31:0] quiet_q;
  set_t        same_id;

  always_ff @(posedge clk)
    if (!rst_n || idle || rsp_valid) quiet_q <= '0;
    else                             quiet_q <= quiet_q + 32'd1;

  always_comb
    for (int i = 0; i < SLOTS; i++) same_id[i] = busy[i] && req_q[i].id == req.id;

  // Each answer is to one who asked; older ones are there.
  logic right_cfg, right_tlb, right_fetch, right_walk, passed_over;

  assign right_cfg   = state_q[cfg_hit_idx] == CFG_W;
  assign right_tlb   = state_q[tlb_hit_idx] == TLB_W;
  assign right_fetch = state_q[fetch_rsp_idx] == FETCH_W;
  assign right_walk  = state_q[walk_rsp_idx] == WALK_W;
  assign passed_over = (older_q[rsp_idx] & busy) != '0;

  wire unused = &{1'b0, inval.wc1_valid, inval.wc2_valid, inval.wc1, inval.wc2, inval.cfg, to_req, hit_req, fetch_rsp.tag, walk_rsp.tag, to_half.half, to_half.va, ctl};

  id_is_free:    assert property (@(posedge clk) disable iff (!rst_n) req_take |-> same_id == '0);
  rsp_stays:     assert property (@(posedge clk) disable iff (!rst_n)
                                  rsp_valid && !rsp_ready |=> rsp_valid && $stable(rsp));
  event_stays:   assert property (@(posedge clk) disable iff (!rst_n)
                                  event_valid && !event_ready |=> event_valid && $stable(event_));
  has_outcome:   assert property (@(posedge clk) disable iff (!rst_n) rsp_valid |-> rsp.outcome != OUT_NONE);
  reason_given:  assert property (@(posedge clk) disable iff (!rst_n)
                                  rsp_valid |-> (rsp.outcome inside {OUT_FAULT, OUT_RAZWI}) == (rsp.code != '0));
  looked_cfg:    assert property (@(posedge clk) disable iff (!rst_n)
                                  cfg_hit_valid |-> right_cfg);
  looked_tlb:    assert property (@(posedge clk) disable iff (!rst_n)
                                  tlb_hit_valid |-> right_tlb);
  fetched:       assert property (@(posedge clk) disable iff (!rst_n)
                                  fetch_rsp_valid |-> right_fetch);
  walked:        assert property (@(posedge clk) disable iff (!rst_n)
                                  walk_rsp_valid |-> right_walk);
  in_time:       assert property (@(posedge clk) disable iff (!rst_n) quiet_q < 32'(ANSWER_LIMIT));
  all_busy:      cover property (@(posedge clk) disable iff (!rst_n) req_valid && !req_ready);
  out_of_order:  cover property (@(posedge clk) disable iff (!rst_n) rsp_take && passed_over);
  merges:        cover property (@(posedge clk) disable iff (!rst_n) tlb_hit_valid && !tlb_hit && same_page != '0);
  gone_cfg:      cover property (@(posedge clk) disable iff (!rst_n) cfg_gone != '0);
  gone_tlb:      cover property (@(posedge clk) disable iff (!rst_n) tlb_gone != '0);
  not_kept:      cover property (@(posedge clk) disable iff (!rst_n) tfill_take && !tfill_keep);
  gone_looking:  cover property (@(posedge clk) disable iff (!rst_n) inval_start && tlb_hit_valid);
  fill_and_gone: cover property (@(posedge clk) disable iff (!rst_n) inval_start && tlb_fill);
  denied_hit:    cover property (@(posedge clk) disable iff (!rst_n) tlb_hit_valid && tlb_hit && hit_fault.code != '0);
  waits_fence:   cover property (@(posedge clk) disable iff (!rst_n) fence_done != '1);
  rsp_stalls:    cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && !rsp_ready && in_rsp != (in_rsp & (~in_rsp + 1'b1)));

endmodule
