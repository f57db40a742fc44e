// SPDX-License-Identifier: Apache-2.0
//
// walker - translation table walks, WALK_SLOTS at a time: stage 1, stage 2, or both, 4K granule.
//
// A request (walk_req_t) gets a slot and is answered (walk_rsp_t) when its walk has ended, in any order, `tag` says
// which.  With ipa_only the address is that of a CD: stage 2 alone, whose faults are of class CD.  The walker
// chooses the half of stage 1, judges the input ranges, and judges permissions of the access where the
// architecture does, so that no more is read than has to be: stage 1's before stage 2 of its output.
//
// A slot is in one state, and in each cycle at most one slot goes on for each reason:
//
//   LOOKUP   waits for the walk cache of its stage: one lookup a cycle for each stage, the next slot in turn
//   LOOKED   its answer is on the way
//   READ     waits for the read port; the next slot in turn, and a choice stays until it is taken.  id = slot
//   DATA     one beat is on the way; r_ready is low only while walk caches are swept
//   DONE     waits for the response port: as for the read port
//
// A descriptor that comes in cycle n is asked onward from cycle n + 1.  Stage 2 of a stage 1 descriptor begins at
// once: no cycle is lost between the two.  A stage without walk cache (all its SETS are 0) skips LOOKUP and LOOKED.
//
// Invalidations are for the walk caches (wc1, wc2); inval_done is high for one cycle when they are through, no
// earlier than the cycle after.  Walks under way go on: a read of theirs may have seen tables as they were.  So what
// an invalidation had to remove, the whole command's, is not filled by walks that it overtook, and `overtaken` says
// that the translation may be used for this once and not kept; so it is with all of a request with nofill.  `overtaken` is the one bit of a response that may
// rise while the response waits.
//
// Twin: twin/walker_twin.c.

module walker
  import iommu_pkg::*;
  import tag_pkg::*;
  import vmsa_pkg::*;
  import smmuv3_fields_pkg::*;
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
  parameter int WC_POLICY    = 1,          // of store
  parameter int WC_LATENCY   = 1,
  parameter int WALK_LIMIT   = 1 << 20     // cycles within which a slot has to be answered: an assertion
) (
  input  logic      clk,
  input  logic      rst_n,

  input  logic      req_valid,
  input  walk_req_t req,
  output logic      req_ready,
  output logic      rsp_valid,
  output walk_rsp_t rsp,
  input  logic      rsp_ready,

  output logic      ar_valid,
  output ar_t       ar,
  input  logic      ar_ready,
  input  logic      r_valid,
  input  r_t        r,
  output logic      r_ready,

  input  logic      inval_valid,
  input  inval_t    inval,
  output logic      inval_ready,
  output logic      inval_done,

  output logic      idle                   // no slot is in use
);

  localparam int SLOT_W = WALK_SLOTS > 1 ? $clog2(WALK_SLOTS) : 1;
  localparam bit HAVE_WC1 = WC_S1L0_SETS != 0 || WC_S1L1_SETS != 0 || WC_S1L2_SETS != 0;
  localparam bit HAVE_WC2 = WC_S2L0_SETS != 0 || WC_S2L1_SETS != 0 || WC_S2L2_SETS != 0;

  localparam perm_t PERM_ALL = '1;

  typedef logic [SLOT_W-1:0] slot_t;
  typedef enum logic [2:0] { FREE, LOOKUP, LOOKED, READ, DATA, DONE } state_t;

  // For which blocks around an address something went: of 12, 21, 30, 39 bits.
  typedef logic [3:0] sizes_t;

  typedef struct packed {
    logic             ok;
    leaf_t            leaf;
    fault_t           fault;
  } end_t;

  // What a slot goes on with.
  typedef struct packed {
    state_t           state;
    logic             stage2;     // whose descriptor or lookup is next
    logic             begins;     // stage 2, of ipa
    class_t           cls;
    logic [PA_W-1:0]  ipa;
    logic [PA_W-1:0]  pa;         // READ: of the descriptor
    end_t             res;        // DONE
  } next_t;

  // Stage 1's part of a nested translation, kept while stage 2 of it is walked.
  typedef struct packed {
    logic [5:0]       size_log2;
    perm_t            perm;
    logic             global_;
  } part_t;

  // ---- the slots ---------------------------------------------------------------------------------

  state_t           state   [WALK_SLOTS];
  logic [7:0]       tag     [WALK_SLOTS];
  logic             cd_only [WALK_SLOTS];
  cfg_t             cfg     [WALK_SLOTS];
  perm_t            needs   [WALK_SLOTS];
  logic             half    [WALK_SLOTS];
  logic [63:0]      canon   [WALK_SLOTS];
  logic             stage2  [WALK_SLOTS];
  logic [1:0]       level1  [WALK_SLOTS];  // of the descriptor to be read
  logic [1:0]       level2  [WALK_SLOTS];
  logic [3:0]       hier    [WALK_SLOTS];
  logic [PA_W-1:0]  in2     [WALK_SLOTS];  // input of stage 2
  class_t           cls     [WALK_SLOTS];
  logic [PA_W-1:0]  pa      [WALK_SLOTS];
  part_t            part    [WALK_SLOTS];
  end_t             res     [WALK_SLOTS];
  logic [3:0]       n1      [WALK_SLOTS];
  logic [5:0]       n2      [WALK_SLOTS];
  sizes_t           gone_tlb [WALK_SLOTS]; // overtaken: a translation of its own ASID, ...
  sizes_t           gone_glb [WALK_SLOTS]; // a global one, ...
  sizes_t           gone_wc1 [WALK_SLOTS];
  sizes_t           gone_wc2 [WALK_SLOTS]; // of the stage 2 walk under way
  logic             gone_any [WALK_SLOTS]; // any command at all
  logic             nofill   [WALK_SLOTS];

  // ---- walk rules --------------------------------------------------------------------------------

  function automatic fault_t fault(logic [7:0] code, logic record, logic s2, class_t c, logic [55:0] ipa);
    fault_t f;
    f        = '0;
    f.code   = code;
    f.record = record;
    f.s2     = s2;
    f.cls    = c;
    f.ipa    = s2 ? ipa : '0;
    return f;
  endfunction

  function automatic next_t failed(fault_t f);
    next_t n;
    n           = '0;
    n.state     = DONE;
    n.res.fault = f;
    return n;
  endfunction

  function automatic logic [7:0] code_of(desc_kind_t k);
    case (k)
      D_ADDR_SIZE: return 8'(EV_F_ADDR_SIZE);
      D_ACCESS:    return 8'(EV_F_ACCESS);
      default:     return 8'(EV_F_TRANSLATION);
    endcase
  endfunction

  function automatic logic [PA_W-1:0] va_of(half_t h, logic [PA_W-1:0] a);
    logic unused;
    unused = ^h;
    return a & low_mask(6'(7'd64 - {1'b0, h.tsz}));
  endfunction

  // The stage 2 walk of an address begins.
  function automatic next_t to_stage2(cfg_t c, logic [63:0] ipa, class_t k);
    next_t n;
    logic unused;
    unused = ^c;
    n        = '0;
    n.stage2 = 1'b1;
    n.begins = 1'b1;
    n.cls    = k;
    n.ipa    = ipa[PA_W-1:0];
    n.state  = HAVE_WC2 ? LOOKUP : READ;
    n.pa     = point(c.s2ttb, n.ipa, s2_start(c.s2sl0), s2_start(c.s2sl0));
    if (ipa >> (7'd64 - {1'b0, c.s2t0sz}) != '0)
      n = failed(fault(8'(EV_F_TRANSLATION), c.s2r, 1'b1, k, ipa[55:0]));
    return n;
  endfunction

  // A stage 1 descriptor is to be read.
  function automatic next_t to_stage1(cfg_t c, logic [PA_W-1:0] at);
    next_t n;
    n       = '0;
    n.state = READ;
    n.pa    = at;
    return c.s2 ? to_stage2(c, {16'd0, at}, CLASS_TT) : n;
  endfunction

  function automatic next_t failed_of(cfg_t c, logic [7:0] code, logic s2, class_t k, logic [PA_W-1:0] ipa);
    logic unused;
    unused = ^c;
    return failed(fault(code, s2 ? c.s2r : c.cd_r, s2, s2 ? k : CLASS_IN, {8'd0, ipa}));
  endfunction

  function automatic sizes_t overlaps(match_t m, logic [63:0] key, logic [63:0] t, logic [63:0] a);
    sizes_t      s;
    logic        fits;
    logic [63:0] low;
    fits = (key & m.ctx_mask) == m.ctx_value
          && (m.n_tag == 2'd0
              || (t & m.tag_mask[0]) == m.tag_value[0]
              || (m.n_tag == 2'd2 && (t & m.tag_mask[1]) == m.tag_value[1]));
    for (int i = 0; i < 4; i++) begin
      low  = ~({64{1'b1}} << (12 + 9 * i));
      s[i] = fits && (!m.by_addr || ((a | low) >= m.first && (a & ~low) <= m.last));
    end
    return s;
  endfunction

  function automatic logic [63:0] tag_of(cfg_t c, logic s1);
    logic unused;
    unused = ^c;
    return context_tag(s1, c.asid, c.vmid);
  endfunction

  function automatic logic [63:0] key1_of(cfg_t c, logic h);
    logic unused;
    unused = ^c;
    return walk_key(h, c.asid, c.vmid);
  endfunction

  function automatic logic gone_for(sizes_t s, logic [5:0] log2);
    return log2 == 6'd12 ? s[0] : log2 == 6'd21 ? s[1] : log2 == 6'd30 ? s[2] : s[3];
  endfunction

  // The first that wants, beginning with `from`.
  function automatic slot_t pick(logic [WALK_SLOTS-1:0] want, slot_t from);
    slot_t p;
    p = from;
    for (int i = WALK_SLOTS - 1; i >= 0; i--) if (want[i]) p = slot_t'(i);
    for (int i = WALK_SLOTS - 1; i >= 0; i--) if (want[i] && i >= int'(from)) p = slot_t'(i);
    return p;
  endfunction

  function automatic slot_t after(slot_t s);
    return int'(s) == WALK_SLOTS - 1 ? '0 : s + 1'b1;
  endfunction

  logic [WALK_SLOTS-1:0] is_free, wants_wc1, wants_wc2, wants_ar, wants_rsp;

  always_comb
    for (int i = 0; i < WALK_SLOTS; i++) begin
      is_free[i]   = state[i] == FREE;
      wants_wc1[i] = state[i] == LOOKUP && !stage2[i];
      wants_wc2[i] = state[i] == LOOKUP && stage2[i];
      wants_ar[i]  = state[i] == READ;
      wants_rsp[i] = state[i] == DONE;
    end

  // ---- a request comes ---------------------------------------------------------------------------

  slot_t     new_slot;
  half_sel_t sel;
  half_t     new_half;
  next_t     begun;
  logic [PA_W-1:0] new_at1;

  assign req_ready = |is_free;
  assign idle      = &is_free;
  assign new_slot  = pick(is_free, '0);
  assign sel       = select_half(req.cfg, req.addr);
  assign new_half  = sel.half ? req.cfg.upper : req.cfg.lower;
  assign new_at1   = point(new_half.ttb, sel.va, s1_start(new_half.tsz), s1_start(new_half.tsz));

  always_comb begin
    if (req.ipa_only) begin
      begun = to_stage2(req.cfg, req.addr, CLASS_CD);
    end else if (!req.cfg.s1) begin
      begun = to_stage2(req.cfg, req.addr, CLASS_IN);
      if (req.addr >> PA_W != '0) begun = failed(fault(8'(EV_F_ADDR_SIZE), 1'b1, 1'b0, CLASS_IN, '0));
    end else if (!sel.ranged) begin
      begun = failed_of(req.cfg, 8'(EV_F_TRANSLATION), 1'b0, CLASS_IN, '0);
    end else begin
      begun = to_stage1(req.cfg, new_at1);
      if (HAVE_WC1) begin
        begun       = '0;
        begun.state = LOOKUP;
      end
    end
  end

  // ---- walk caches -------------------------------------------------------------------------------

  logic            wc1_ready, wc2_ready, hit1_valid, hit2_valid, hit1, hit2;
  logic            fill1, fill2;
  logic [1:0]      hit1_level, hit2_level;
  seed_t           hit1_seed, hit2_seed;
  slot_t           wc1_slot, wc2_slot, hit1_slot, hit2_slot, rr_wc1, rr_wc2;
  logic            look1, look2, wc1_done, wc2_done, inval_start;

  logic [WC_LATENCY-1:0][SLOT_W-1:0] asked1, asked2;   // whose lookups are on the way

  assign wc1_slot  = pick(wants_wc1, rr_wc1);
  assign wc2_slot  = pick(wants_wc2, rr_wc2);
  assign look1     = |wants_wc1 && wc1_ready;
  assign look2     = |wants_wc2 && wc2_ready;
  assign hit1_slot = asked1[WC_LATENCY-1];
  assign hit2_slot = asked2[WC_LATENCY-1];

  always_ff @(posedge clk)
    if (!rst_n) {asked1, asked2} <= '0;
    else begin
      for (int i = 1; i < WC_LATENCY; i++) {asked1[i], asked2[i]} <= {asked1[i-1], asked2[i-1]};
      asked1[0] <= wc1_slot;
      asked2[0] <= wc2_slot;
    end

  if (HAVE_WC1) begin : g_wc1
    logic        filled, evicted;
    logic [15:0] way;
    logic [2:0]  levels;

    walk_cache #(
      .SETS0(WC_S1L0_SETS), .WAYS0(WC_S1L0_WAYS), .SETS1(WC_S1L1_SETS), .WAYS1(WC_S1L1_WAYS),
      .SETS2(WC_S1L2_SETS), .WAYS2(WC_S1L2_WAYS), .POLICY(WC_POLICY), .LATENCY(WC_LATENCY)
    ) tables (
      .clk, .rst_n, .ready(wc1_ready),
      .lookup_valid(look1), .lookup_ctx(key1_of(cfg[wc1_slot], half[wc1_slot])), .lookup_addr(canon[wc1_slot]),
      .hit_valid(hit1_valid), .hit(hit1), .hit_level(hit1_level), .hit_levels(levels), .hit_seed(hit1_seed),
      .fill_valid(fill1), .fill_ctx(key1_of(r_cfg, half[r_slot])), .fill_base(canon[r_slot]), .fill_level(r_level),
      .fill_tag(tag_of(r_cfg, 1'b1)), .fill_seed('{table_pa: r_desc.pa, hier: r_desc.hier}),
      .filled, .fill_evicted(evicted), .fill_way(way),
      .inval_valid(inval_start && inval.wc1_valid), .inval_match(inval.wc1), .inval_done(wc1_done)
    );
    wire unused = &{1'b0, filled, evicted, way, levels, wc1_done};
  end else begin : g_no_wc1
    assign {wc1_ready, wc1_done}                         = '1;
    assign {hit1_valid, hit1, hit1_level, hit1_seed}     = '0;
    wire unused = &{1'b0, fill1, wc1_done};
  end

  if (HAVE_WC2) begin : g_wc2
    logic        filled, evicted;
    logic [15:0] way;
    logic [2:0]  levels;

    walk_cache #(
      .SETS0(WC_S2L0_SETS), .WAYS0(WC_S2L0_WAYS), .SETS1(WC_S2L1_SETS), .WAYS1(WC_S2L1_WAYS),
      .SETS2(WC_S2L2_SETS), .WAYS2(WC_S2L2_WAYS), .POLICY(WC_POLICY), .LATENCY(WC_LATENCY)
    ) tables (
      .clk, .rst_n, .ready(wc2_ready),
      .lookup_valid(look2), .lookup_ctx(tag_of(cfg[wc2_slot], 1'b0)), .lookup_addr({16'd0, in2[wc2_slot]}),
      .hit_valid(hit2_valid), .hit(hit2), .hit_level(hit2_level), .hit_levels(levels), .hit_seed(hit2_seed),
      .fill_valid(fill2), .fill_ctx(tag_of(r_cfg, 1'b0)), .fill_base({16'd0, in2[r_slot]}), .fill_level(r_level),
      .fill_tag(tag_of(r_cfg, 1'b0)), .fill_seed('{table_pa: r_desc.pa, hier: '0}),
      .filled, .fill_evicted(evicted), .fill_way(way),
      .inval_valid(inval_start && inval.wc2_valid), .inval_match(inval.wc2), .inval_done(wc2_done)
    );
    wire unused = &{1'b0, filled, evicted, way, levels, wc2_done, hit2_seed.hier};
  end else begin : g_no_wc2
    assign {wc2_ready, wc2_done}                         = '1;
    assign {hit2_valid, hit2, hit2_level, hit2_seed}     = '0;
    wire unused = &{1'b0, fill2, wc2_done, hit2_seed};
  end

  // ---- a lookup is answered ----------------------------------------------------------------------

  next_t           sought1, sought2;
  half_t           hit1_half;
  logic [PA_W-1:0] hit1_at;
  logic [1:0]      hit1_next, hit2_next;
  logic [PA_W-1:0] hit2_base;

  always_comb begin
    hit1_half = half[hit1_slot] ? cfg[hit1_slot].upper : cfg[hit1_slot].lower;
    hit1_next = hit1 ? hit1_level + 2'd1 : s1_start(hit1_half.tsz);
    hit1_at   = point(hit1 ? {hit1_seed.table_pa, 12'd0} : hit1_half.ttb,
                      va_of(hit1_half, PA_W'(canon[hit1_slot])),
                      hit1_next, s1_start(hit1_half.tsz));
    sought1   = to_stage1(cfg[hit1_slot], hit1_at);
  end

  always_comb begin
    hit2_next      = hit2 ? hit2_level + 2'd1 : s2_start(cfg[hit2_slot].s2sl0);
    hit2_base      = hit2 ? {hit2_seed.table_pa, 12'd0} : cfg[hit2_slot].s2ttb;
    sought2        = '0;
    sought2.state  = READ;
    sought2.stage2 = 1'b1;
    sought2.cls    = cls[hit2_slot];
    sought2.pa     = point(hit2_base, in2[hit2_slot], hit2_next, s2_start(cfg[hit2_slot].s2sl0));
  end

  // ---- a descriptor comes ------------------------------------------------------------------------

  slot_t           r_slot;
  cfg_t            r_cfg;
  half_t           r_half;
  rules_t          r_rules;
  logic [1:0]      r_level;
  desc_t           r_desc;
  logic            take_r, r_table, keeps;
  logic [PA_W-1:0] r_in, r_out, r_low, next_at1;
  next_t           read;

  assign r_slot  = slot_t'(r.id);
  assign r_ready = wc1_ready && wc2_ready;
  assign take_r  = r_valid && r_ready;
  assign r_cfg   = cfg[r_slot];
  assign r_half  = half[r_slot] ? r_cfg.upper : r_cfg.lower;
  assign r_level = stage2[r_slot] ? level2[r_slot] : level1[r_slot];
  assign r_rules = stage2[r_slot]
                 ? '{stage2: 1'b1, ps: r_cfg.s2ps, affd: r_cfg.s2affd, had: 1'b1, wxn: 1'b0, pan: 1'b0}
                 : '{stage2: 1'b0, ps: r_cfg.ips, affd: r_cfg.affd, had: r_half.had, wxn: r_cfg.wxn,
                     pan: r_cfg.pan};
  assign r_desc  = decode(r.data, r_level, r_rules, hier[r_slot]);
  assign r_table = r_desc.kind == D_TABLE && !r.err;
  assign r_in    = stage2[r_slot] ? in2[r_slot] : va_of(r_half, PA_W'(canon[r_slot]));
  assign r_low   = low_mask(level_log2(r_level));
  assign r_out   = {r_desc.pa, 12'd0} | (r_in & r_low);
  assign next_at1 = point({r_desc.pa, 12'd0}, r_in, r_level + 2'd1, s1_start(r_half.tsz));

  // May stage 2 be used so?  Tables and CDs are read, and where S2PTW says so not from Device memory.
  function automatic logic s2_denied(cfg_t c, class_t k, desc_t d, perm_t n);
    logic unused;
    unused = ^{c, d};
    return k == CLASS_IN ? (d.perm & n) == '0 : !d.perm[0] || (c.s2ptw && d.device);
  endfunction

  // The translation: of one stage, or of both together, which covers the smaller block.
  function automatic end_t translation(cfg_t c, logic alone, part_t p, logic [PA_W-1:0] ipa, logic [5:0] log2,
                                       logic [PA_W-1:0] out, perm_t perm, logic s2, logic global_);
    end_t       e;
    logic       nested;
    logic [PA_W-1:0] mask;
    logic unused;
    unused = ^c;
    e                = '0;
    nested           = c.s1 && s2 && !alone;
    e.ok             = 1'b1;
    e.leaf.size_log2 = nested && p.size_log2 < log2 ? p.size_log2 : log2;
    e.leaf.piece     = nested && log2 < p.size_log2;
    mask             = ~low_mask(e.leaf.size_log2);
    e.leaf.pa        = (PA_W-12)'((out & mask) >> 12);
    e.leaf.ipa       = (PA_W-12)'(((s2 ? ipa : out) & mask) >> 12);
    e.leaf.perm1     = nested ? p.perm : s2 ? PERM_ALL : perm;
    e.leaf.perm2     = s2 ? perm : PERM_ALL;
    e.leaf.global_   = nested ? p.global_ : global_;
    return e;
  endfunction

  always_comb begin
    read        = '0;
    read.stage2 = stage2[r_slot];
    read.cls    = cls[r_slot];
    if (r.err) begin
      read = failed(fault(8'(EV_F_WALK_EABT), 1'b1, stage2[r_slot], stage2[r_slot] ? cls[r_slot] : CLASS_TT, '0));
      read.res.fault.fetch = pa[r_slot];
    end else if (r_desc.kind == D_TABLE && stage2[r_slot]) begin
      read.state = READ;
      read.pa    = point({r_desc.pa, 12'd0}, r_in, r_level + 2'd1, s2_start(r_cfg.s2sl0));
    end else if (r_desc.kind == D_TABLE) begin
      read = to_stage1(r_cfg, next_at1);
    end else if (r_desc.kind != D_LEAF) begin
      read = failed_of(r_cfg, code_of(r_desc.kind), stage2[r_slot], cls[r_slot], in2[r_slot]);
    end else if (stage2[r_slot] ? s2_denied(r_cfg, cls[r_slot], r_desc, needs[r_slot])
                                : (r_desc.perm & needs[r_slot]) == '0) begin
      read = failed_of(r_cfg, 8'(EV_F_PERMISSION), stage2[r_slot], cls[r_slot], in2[r_slot]);
    end else if (stage2[r_slot] && cls[r_slot] == CLASS_TT) begin
      read.state  = READ;
      read.stage2 = 1'b0;
      read.pa     = r_out;
    end else if (!stage2[r_slot] && r_cfg.s2) begin
      read = to_stage2(r_cfg, {16'd0, r_out}, CLASS_IN);
    end else begin
      read.state = DONE;
      read.res   = translation(r_cfg, cd_only[r_slot], part[r_slot], in2[r_slot], level_log2(r_level), r_out,
                               r_desc.perm, stage2[r_slot], r_desc.global_);
    end
  end

  assign keeps = take_r && !nofill[r_slot];
  assign fill1 = keeps && r_table && !stage2[r_slot] && !gone_for(gone_wc1[r_slot], level_log2(r_level));
  assign fill2 = keeps && r_table && stage2[r_slot] && !gone_for(gone_wc2[r_slot], level_log2(r_level));

  // ---- read and response port --------------------------------------------------------------------

  slot_t rr_ar, rr_rsp, ar_slot, rsp_slot, ar_held, rsp_held;
  logic  ar_stalled, rsp_stalled;

  assign ar_slot  = ar_stalled ? ar_held : pick(wants_ar, rr_ar);
  assign ar_valid = |wants_ar;
  assign ar       = '{id: 8'(ar_slot), addr: pa[ar_slot], len: '0};

  assign rsp_slot  = rsp_stalled ? rsp_held : pick(wants_rsp, rr_rsp);
  assign rsp_valid = |wants_rsp;

  always_comb begin
    rsp.tag       = tag[rsp_slot];
    rsp.ok        = res[rsp_slot].ok;
    rsp.leaf      = res[rsp_slot].leaf;
    rsp.fault     = res[rsp_slot].fault;
    rsp.s1_reads  = n1[rsp_slot];
    rsp.s2_reads  = n2[rsp_slot];
    rsp.overtaken = rsp.ok && (nofill[rsp_slot] || (rsp.leaf.piece ? gone_any[rsp_slot]
                               : gone_for(rsp.leaf.global_ ? gone_glb[rsp_slot] : gone_tlb[rsp_slot],
                                          rsp.leaf.size_log2)));
  end

  wire unused = &{1'b0, inval.cfg_valid, inval.cfg, new_half.epd, new_half.tbi, new_half.had, sought2};

  // ---- invalidations -----------------------------------------------------------------------------

  logic        sweeping;
  logic [63:0] tlb_tag [WALK_SLOTS];

  always_comb
    for (int i = 0; i < WALK_SLOTS; i++) tlb_tag[i] = tag_of(cfg[i], cfg[i].s1 && !cd_only[i]);

  assign inval_ready = wc1_ready && wc2_ready;
  assign inval_start = inval_valid && inval_ready;
  assign inval_done  = sweeping && inval_ready;

  // ---- registers ---------------------------------------------------------------------------------

  always_ff @(posedge clk)
    if (!rst_n) begin
      {rr_wc1, rr_wc2, rr_ar, rr_rsp, ar_held, rsp_held} <= '0;
      {ar_stalled, rsp_stalled, sweeping}                <= '0;
    end else begin
      if (look1) rr_wc1 <= after(wc1_slot);
      if (look2) rr_wc2 <= after(wc2_slot);
      if (ar_valid && ar_ready) rr_ar <= after(ar_slot);
      if (rsp_valid && rsp_ready) rr_rsp <= after(rsp_slot);
      ar_held     <= ar_slot;
      rsp_held    <= rsp_slot;
      ar_stalled  <= ar_valid && !ar_ready;
      rsp_stalled <= rsp_valid && !rsp_ready;
      sweeping    <= inval_start || (sweeping && !inval_ready);
    end

  for (genvar i = 0; i < WALK_SLOTS; i++) begin : g_state
    always_ff @(posedge clk)
      if (!rst_n)
        state[i] <= FREE;
      else if (state[i] == FREE && req_valid && new_slot == slot_t'(i))
        state[i] <= begun.state;
      else if ((look1 && wc1_slot == slot_t'(i)) || (look2 && wc2_slot == slot_t'(i)))
        state[i] <= LOOKED;
      else if (hit1_valid && hit1_slot == slot_t'(i))
        state[i] <= sought1.state;
      else if (hit2_valid && hit2_slot == slot_t'(i))
        state[i] <= sought2.state;
      else if (ar_valid && ar_ready && ar_slot == slot_t'(i))
        state[i] <= DATA;
      else if (take_r && r_slot == slot_t'(i))
        state[i] <= read.state;
      else if (rsp_valid && rsp_ready && rsp_slot == slot_t'(i))
        state[i] <= FREE;
  end

  // Not reset: a slot's registers are written when it is taken, or before they are used.
  always_ff @(posedge clk) begin
    if (inval_start)
      for (int i = 0; i < WALK_SLOTS; i++) begin
        gone_tlb[i] <= gone_tlb[i]
          | (inval.tlb_valid ? overlaps(inval.tlb, tlb_tag[i], tlb_tag[i], canon[i]) : '0);
        gone_glb[i] <= gone_glb[i]
          | (inval.tlb_valid ? overlaps(inval.tlb, tlb_tag[i], tlb_tag[i] | (64'd1 << TAG_GLOBAL), canon[i]) : '0);
        gone_wc1[i] <= gone_wc1[i]
          | (inval.wc1_valid ? overlaps(inval.wc1, key1_of(cfg[i], half[i]), tag_of(cfg[i], 1'b1), canon[i]) : '0);
        gone_wc2[i] <= gone_wc2[i]
          | (inval.wc2_valid ? overlaps(inval.wc2, tag_of(cfg[i], 1'b0), tag_of(cfg[i], 1'b0), {16'd0, in2[i]}) : '0);
        gone_any[i] <= 1'b1;
      end
    if (req_valid && req_ready) begin
      tag[new_slot]      <= req.tag;
      cd_only[new_slot]  <= req.ipa_only;
      cfg[new_slot]      <= req.cfg;
      needs[new_slot]    <= need(req.write, req.exec, req.priv);
      half[new_slot]     <= sel.half;
      canon[new_slot]    <= req.cfg.s1 && !req.ipa_only ? sel.canon : req.addr;
      stage2[new_slot]   <= begun.stage2;
      level1[new_slot]   <= s1_start(new_half.tsz);
      hier[new_slot]     <= '0;
      res[new_slot]      <= begun.res;
      n1[new_slot]       <= '0;
      n2[new_slot]       <= '0;
      gone_tlb[new_slot] <= '0;
      gone_glb[new_slot] <= '0;
      gone_wc1[new_slot] <= '0;
      gone_any[new_slot] <= 1'b0;
      nofill[new_slot]   <= req.nofill;
      pa[new_slot]       <= begun.pa;
      if (begun.begins) begin
        in2[new_slot]      <= begun.ipa;
        cls[new_slot]      <= begun.cls;
        level2[new_slot]   <= s2_start(req.cfg.s2sl0);
        gone_wc2[new_slot] <= '0;
      end
    end
    if (hit1_valid) begin
      level1[hit1_slot] <= hit1_next;
      hier[hit1_slot]   <= hit1 ? hit1_seed.hier : '0;
      stage2[hit1_slot] <= sought1.stage2;
      res[hit1_slot]    <= sought1.res;
      pa[hit1_slot]     <= sought1.pa;
      if (sought1.begins) begin
        in2[hit1_slot]      <= sought1.ipa;
        cls[hit1_slot]      <= sought1.cls;
        level2[hit1_slot]   <= s2_start(cfg[hit1_slot].s2sl0);
        gone_wc2[hit1_slot] <= '0;
      end
    end
    if (hit2_valid) begin
      level2[hit2_slot] <= hit2_next;
      pa[hit2_slot]     <= sought2.pa;
    end
    if (take_r) begin
      if (stage2[r_slot]) n2[r_slot] <= n2[r_slot] + 1'b1;
      else                n1[r_slot] <= n1[r_slot] + 1'b1;
      if (r_table && stage2[r_slot]) begin
        level2[r_slot] <= r_level + 2'd1;
      end else if (r_table) begin
        level1[r_slot] <= r_level + 2'd1;
        hier[r_slot]   <= r_desc.hier;
      end else if (!stage2[r_slot]) begin
        part[r_slot] <= '{size_log2: level_log2(r_level), perm: r_desc.perm, global_: r_desc.global_};
      end
      stage2[r_slot] <= read.stage2;
      res[r_slot]    <= read.res;
      pa[r_slot]     <= read.pa;
      if (read.begins) begin
        in2[r_slot]      <= read.ipa;
        cls[r_slot]      <= read.cls;
        level2[r_slot]   <= s2_start(r_cfg.s2sl0);
        gone_wc2[r_slot] <= '0;
      end
    end
  end

  // ---- assertions --------------------------------------------------------------------------------

  logic [31:0] now;
  logic [31:0] born [WALK_SLOTS];
  slot_t       looked_at;                // one slot a cycle

  always_ff @(posedge clk)
    if (!rst_n) {now, looked_at} <= '0;
    else begin
      now       <= now + 1;
      looked_at <= after(looked_at);
    end
  always_ff @(posedge clk)
    if (req_valid && req_ready) born[new_slot] <= now;

  state_t      was_r, was_hit1, was_hit2;
  logic        r_stage2;
  logic [31:0] age;
  logic [3:0]  faults1, faults2;         // by level of the descriptor that they are of

  always_comb begin
    {faults1, faults2} = '0;
    if (take_r && !r.err && read.state == DONE && !read.res.ok)
      if (r_stage2) faults2[r_level] = 1'b1;
      else          faults1[r_level] = 1'b1;
  end

  assign was_r    = state[r_slot];
  assign was_hit1 = state[hit1_slot];
  assign was_hit2 = state[hit2_slot];
  assign r_stage2 = stage2[r_slot];
  assign age      = state[looked_at] == FREE ? '0 : now - born[looked_at];

  function automatic walk_rsp_t settled(walk_rsp_t p);
    p.overtaken = 1'b0;
    return p;
  endfunction

  translates:      assert property (@(posedge clk) disable iff (!rst_n) req_valid |-> req.cfg.s2 || (req.cfg.s1 && !req.ipa_only));
  data_asked_for:  assert property (@(posedge clk) disable iff (!rst_n) r_valid |-> was_r == DATA && r.last && int'(r.id) < WALK_SLOTS);
  answered_asked1: assert property (@(posedge clk) disable iff (!rst_n) hit1_valid |-> was_hit1 == LOOKED);
  answered_asked2: assert property (@(posedge clk) disable iff (!rst_n) hit2_valid |-> was_hit2 == LOOKED);
  ar_stays:        assert property (@(posedge clk) disable iff (!rst_n) ar_stalled |-> ar_valid && $stable(ar));
  rsp_stays:       assert property (@(posedge clk) disable iff (!rst_n) rsp_stalled |-> rsp_valid && $stable(settled(rsp)));
  in_time:         assert property (@(posedge clk) disable iff (!rst_n) age < WALK_LIMIT);
  one_reason:      assert property (@(posedge clk) disable iff (!rst_n) rsp_valid |-> rsp.ok == (rsp.fault.code == '0));

  all_slots_busy:     cover property (@(posedge clk) disable iff (!rst_n) is_free == '0);
  ar_backs_up:        cover property (@(posedge clk) disable iff (!rst_n) ar_valid && !ar_ready && $countones(wants_ar) > 1);
  rsp_backs_up:       cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && !rsp_ready && $countones(wants_rsp) > 1);
  inval_during_walk:  cover property (@(posedge clk) disable iff (!rst_n) inval_start && is_free != '1);
  inval_with_fill:    cover property (@(posedge clk) disable iff (!rst_n) inval_start && (fill1 || fill2));
  overtaken:          cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && rsp.overtaken);
  fill_left_out:      cover property (@(posedge clk) disable iff (!rst_n) take_r && r_table && !fill1 && !fill2);
  data_waits:         cover property (@(posedge clk) disable iff (!rst_n) r_valid && !r_ready);
  seeds_hit:          cover property (@(posedge clk) disable iff (!rst_n) hit1_valid && hit1 && hit2_valid && hit2);
  piece:              cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && rsp.ok && rsp.leaf.piece);
  read_fails:         cover property (@(posedge clk) disable iff (!rst_n) take_r && r.err);
  fault_s1_level0:   cover property (@(posedge clk) disable iff (!rst_n) faults1[0]);
  fault_s1_level1:   cover property (@(posedge clk) disable iff (!rst_n) faults1[1]);
  fault_s1_level2:   cover property (@(posedge clk) disable iff (!rst_n) faults1[2]);
  fault_s1_level3:   cover property (@(posedge clk) disable iff (!rst_n) faults1[3]);
  fault_s2_level0:   cover property (@(posedge clk) disable iff (!rst_n) faults2[0]);
  fault_s2_level1:   cover property (@(posedge clk) disable iff (!rst_n) faults2[1]);
  fault_s2_level2:   cover property (@(posedge clk) disable iff (!rst_n) faults2[2]);
  fault_s2_level3:   cover property (@(posedge clk) disable iff (!rst_n) faults2[3]);

endmodule
