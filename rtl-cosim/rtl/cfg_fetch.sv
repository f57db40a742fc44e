// SPDX-License-Identifier: Apache-2.0
//
// cfg_fetch - finds a stream's configuration in memory: STE, and CD where there is one; one at a time.
//
// Takes a stream (cfg_req_t) and answers with its configuration or a fault (cfg_rsp_t).  Stream tables of one level
// and of two; CDs by SubstreamID, their tables of one level and of two, with leaves of 4 KB or 64 KB; S1DSS.  With
// stage 2 on, addresses of CDs are translated by the walker: requests with ipa_only on `walk`.
//
// A structure is one read of all its words: 1 beat for level 1 entries, 8 for STE and CD; id is 0.  Cycles: one
// from a request to its first read, one from a structure's last beat to the next read, request or response.
//
// `inval` is high in the cycle in which an invalidation of configurations takes effect.  One that comes while a
// configuration that it would remove is fetched does not stop it, but `overtaken` says not to keep it.  It may rise
// while a response waits.
//
// Twin: model/arch/smmuv3/translate_config.c.

module cfg_fetch
  import iommu_pkg::*;
  import config_pkg::*;
  import smmuv3_fields_pkg::*;
#(
  parameter int SIDSIZE     = 16,
  parameter int FETCH_LIMIT = 1 << 20      // cycles within which a request has to be answered: an assertion
) (
  input  logic      clk,
  input  logic      rst_n,
  input  regs_t     regs,

  input  logic      req_valid,
  input  cfg_req_t  req,
  output logic      req_ready,
  output logic      rsp_valid,
  output cfg_rsp_t  rsp,
  input  logic      rsp_ready,

  output logic      ar_valid,
  output ar_t       ar,
  input  logic      ar_ready,
  input  logic      r_valid,
  input  r_t        r,
  output logic      r_ready,

  output logic      walk_valid,
  output walk_req_t walk,
  input  logic      walk_ready,
  input  logic      walk_rsp_valid,
  input  walk_rsp_t walk_rsp,
  output logic      walk_rsp_ready,

  input  logic      inval,
  input  match_t    inval_match
);

  typedef enum logic [2:0] { IDLE, READ, DATA, DECIDE, WALK, WALKING, DONE } state_t;
  typedef enum logic [1:0] { L1STD, STE, L1CD, CD } what_t;

  typedef struct packed {
    state_t          state;
    what_t           what;
    logic [63:0]     addr;      // READ, WALK
    logic [7:0]      code;      // DONE: 0 is well
    logic [PA_W-1:0] fetch;
  } next_t;

  state_t          state;
  what_t           what;
  cfg_req_t        id;          // whose
  ste_t            ste;
  cfg_t            cfg;         // to be answered
  logic [63:0]     addr;
  logic [7:0][63:0] words;
  logic [2:0]      beat;
  logic            failed;      // a beat had an error
  logic            ok, gone;
  fault_t          fault;
  logic [3:0]      reads;
  logic [5:0]      s2_reads;

  // ---- rules -------------------------------------------------------------------------------------

  function automatic next_t wrong(logic [7:0] code, logic [PA_W-1:0] fetch);
    next_t n;
    n       = '0;
    n.state = DONE;
    n.code  = code;
    n.fetch = fetch;
    return n;
  endfunction

  function automatic next_t reading(what_t w, logic [63:0] a);
    next_t n;
    n       = '0;
    n.state = READ;
    n.what  = w;
    n.addr  = a;
    return n;
  endfunction

  // Addresses of the stream table are cut off at OAS.
  function automatic logic [63:0] cut(logic [63:0] a);
    return a & ((64'd1 << PA_W) - 64'd1);
  endfunction

  function automatic logic [63:0] align(logic [63:0] a, logic [6:0] bits);
    return a & ({64{1'b1}} << bits);
  endfunction

  function automatic logic [3:0] split_of(logic [4:0] field);
    return field == 5'd8 ? 4'd8 : field == 5'd10 ? 4'd10 : 4'd6;
  endfunction

  // [SMMUv3 3.3.1]
  function automatic next_t first(regs_t g, logic [SID_W-1:0] sid);
    logic [6:0] log2;
    logic [6:0] bits;
    logic [3:0] s;
    logic       unused;
    unused = ^g;
    log2   = {1'b0, g.strtab_log2};
    s      = split_of(g.split);
    bits   = log2 > {3'd0, s} + 7'd3 ? log2 - {3'd0, s} + 7'd3 : 7'd6;
    if (sid >> (log2 < 7'(SIDSIZE) ? log2 : 7'(SIDSIZE)) != '0) return wrong(8'(EV_C_BAD_STREAMID), '0);
    if (g.two_level) return reading(L1STD, cut(align(64'(g.strtab), bits) + ({32'd0, sid >> s} << 3)));
    return reading(STE, cut(align(64'(g.strtab), log2 + 7'd6) + (64'(sid) << 6)));
  endfunction

  // The STE that a level 1 entry leads to.
  function automatic next_t second(regs_t g, logic [SID_W-1:0] sid, logic [63:0] w);
    logic [4:0]       span;
    logic [3:0]       s;
    logic [SID_W-1:0] index;
    logic             unused;
    unused = ^{g, w};
    span   = w[L1STD_SPAN_HI:L1STD_SPAN_LO];
    s      = split_of(g.split);
    index  = sid & ((32'd1 << s) - 32'd1);
    if (span == '0 || span > 5'd11 || span > {1'b0, s} + 5'd1 || index >> (span - 5'd1) != '0)
      return wrong(8'(EV_C_BAD_STREAMID), '0);
    return reading(STE, cut(align({12'd0, w[L1STD_L2PTR_HI:L1STD_L2PTR_LO], 6'd0}, {2'd0, span} + 7'd5)
                            + (64'(index) << 6)));
  endfunction

  // A CD or a level 1 entry: through stage 2 where that is on.
  function automatic next_t via(what_t w, logic [63:0] a, logic s2);
    next_t n;
    n = reading(w, a);
    if (s2) n.state = WALK;
    return n;
  endfunction

  function automatic logic [3:0] leaf_bits(logic [1:0] fmt);    // log2 of the CDs in a leaf table
    return fmt == 2'd1 ? 4'd6 : 4'd10;
  endfunction

  // SubstreamID rules, then the CD.  Without stage 1 there is none.
  function automatic next_t find_cd(ste_t t, logic ssv, logic [SSID_W-1:0] ssid);
    next_t             n;
    logic [SSID_W-1:0] cd;
    logic              unused;
    unused  = ^t;
    n       = '0;
    n.state = DONE;
    cd      = ssv ? ssid : '0;
    if (t.code != '0) return wrong(t.code, '0);
    if (t.cfg.aborts) return n;
    if (!t.cfg.s1) return ssv ? wrong(8'(EV_C_BAD_SUBSTREAMID), '0) : n;
    if (ssv && (t.s1cdmax == '0 || ssid >> t.s1cdmax != '0)) return wrong(8'(EV_C_BAD_SUBSTREAMID), '0);
    if (t.s1cdmax != '0 && ssv && ssid == '0 && t.s1dss == 2'd2) return wrong(8'(EV_F_STREAM_DISABLED), '0);
    if (t.s1cdmax != '0 && !ssv && t.s1dss != 2'd2)
      return t.s1dss == 2'd1 ? n : wrong(8'(EV_F_STREAM_DISABLED), '0);
    if (t.s1cdmax != '0 && (t.s1fmt == 2'd1 || t.s1fmt == 2'd2))
      return via(L1CD, 64'(t.s1ctxptr) + ({44'd0, cd >> leaf_bits(t.s1fmt)} << 3), t.cfg.s2);
    return via(CD, 64'(t.s1ctxptr) + (64'(cd) << 6), t.cfg.s2);
  endfunction

  // S1DSS takes stage 1 out.
  function automatic logic skips(ste_t t, logic ssv);
    logic unused;
    unused = ^t;
    return t.cfg.s1 && t.s1cdmax != '0 && !ssv && t.s1dss == 2'd1;
  endfunction

  function automatic next_t leaf_cd(ste_t t, logic ssv, logic [SSID_W-1:0] ssid, logic [63:0] w);
    logic [63:0]       leaf;
    logic [SSID_W-1:0] cd;
    logic              unused;
    unused = ^{t, w};
    cd   = ssv ? ssid : '0;
    leaf = align({12'd0, w[L1CD_L2PTR_HI:L1CD_L2PTR_LO], 12'd0}, {3'd0, leaf_bits(t.s1fmt)} + 7'd6);
    if (!w[L1CD_V_LO] || (!t.cfg.s2 && leaf >> PA_W != '0)) return wrong(8'(EV_C_BAD_SUBSTREAMID), '0);
    return via(CD, leaf + ({44'd0, cd & ((20'd1 << leaf_bits(t.s1fmt)) - 20'd1)} << 6), t.cfg.s2);
  endfunction

  // ---- what has been read ------------------------------------------------------------------------

  next_t begun, read;
  ste_t  new_ste;
  cd_t   new_cd;

  assign begun   = first(regs, req.sid);
  assign new_ste = decode_ste(words);
  assign new_cd  = decode_cd(words, ste.cfg);

  always_comb
    if (failed)
      read = wrong(what == L1STD || what == STE ? 8'(EV_F_STE_FETCH) : 8'(EV_F_CD_FETCH), addr[PA_W-1:0]);
    else
      case (what)
        L1STD:   read = second(regs, id.sid, words[0]);
        STE:     read = find_cd(new_ste, id.ssv, id.ssid);
        L1CD:    read = leaf_cd(ste, id.ssv, id.ssid, words[0]);
        default: read = wrong(new_cd.code, '0);
      endcase

  // ---- ports -------------------------------------------------------------------------------------

  logic [63:0] key;             // of the configuration cache

  assign key       = {11'd0, id.ssv ? 21'(id.ssid) + 21'd1 : 21'd0, id.sid};
  assign req_ready = state == IDLE;
  assign rsp_valid = state == DONE;
  assign rsp       = '{tag: id.tag, ok: ok, overtaken: gone, cfg: ok ? cfg : '0, fault: fault, reads: reads,
                       s2_reads: s2_reads};
  assign ar_valid  = state == READ;
  assign ar        = '{id: '0, addr: addr[PA_W-1:0], len: what == STE || what == CD ? 3'd7 : 3'd0};
  assign r_ready   = state == DATA;

  assign walk_valid     = state == WALK;
  assign walk_rsp_ready = state == WALKING;
  assign walk           = '{tag: id.tag, ipa_only: 1'b1, nofill: 1'b0, cfg: ste.cfg, addr: addr,
                            write: 1'b0, exec: 1'b0, priv: 1'b0};

  function automatic fault_t fault_of(next_t n, logic record_sid);
    fault_t f;
    logic   unused;
    unused   = ^n;
    f        = '0;
    f.code   = n.code;
    f.record = n.code != '0 && (record_sid || n.code != 8'(EV_C_BAD_STREAMID));
    f.fetch  = n.fetch;
    return f;
  endfunction

  always_ff @(posedge clk)
    if (!rst_n)
      state <= IDLE;
    else
      case (state)
        IDLE:    if (req_valid) state <= begun.state;
        READ:    if (ar_ready) state <= DATA;
        DATA:    if (r_valid && r.last) state <= DECIDE;
        DECIDE:  state <= read.state;
        WALK:    if (walk_ready) state <= WALKING;
        WALKING: if (walk_rsp_valid) state <= walk_rsp.ok ? READ : DONE;
        default: if (rsp_ready) state <= IDLE;
      endcase

  // Not reset: written before it is used.
  always_ff @(posedge clk) begin
    if (inval && (key & inval_match.ctx_mask) == inval_match.ctx_value) gone <= 1'b1;
    case (state)
      IDLE: begin
        id       <= req;
        what     <= begun.what;
        addr     <= begun.addr;
        reads    <= '0;
        s2_reads <= '0;
        gone     <= 1'b0;
        ok       <= 1'b0;
        fault    <= fault_of(begun, regs.recinvsid);
      end
      READ: begin
        beat   <= '0;
        failed <= 1'b0;
        if (ar_ready) reads <= reads + 1'b1;
      end
      DATA:
        if (r_valid) begin
          words[beat] <= r.data;
          beat        <= beat + 1'b1;
          failed      <= failed || r.err;
        end
      DECIDE: begin
        if (what == STE && !failed) begin
          ste <= new_ste;
          cfg <= new_ste.cfg;
          if (skips(new_ste, id.ssv)) cfg.s1 <= 1'b0;
        end else if (!failed) begin
          cfg <= new_cd.cfg;
        end
        what  <= read.what;
        addr  <= read.addr;
        ok    <= read.state == DONE && read.code == '0;
        fault <= fault_of(read, regs.recinvsid);
      end
      WALKING:
        if (walk_rsp_valid) begin
          addr     <= {16'd0, walk_rsp.leaf.pa, 12'd0}
                    | (addr & ((64'd1 << walk_rsp.leaf.size_log2) - 64'd1));
          fault    <= walk_rsp.fault;
          s2_reads <= s2_reads + walk_rsp.s2_reads;
        end
      default: ;
    endcase
  end

  wire unused = &{1'b0, r.id, walk_rsp, inval_match, begun};

  // ---- assertions --------------------------------------------------------------------------------

  logic [31:0] busy;            // cycles

  always_ff @(posedge clk)
    if (!rst_n || state == IDLE) busy <= '0;
    else                         busy <= busy + 1;

  data_asked_for: assert property (@(posedge clk) disable iff (!rst_n) r_valid |-> state == DATA);
  walk_asked_for: assert property (@(posedge clk) disable iff (!rst_n) walk_rsp_valid |-> state == WALKING);
  whole_bursts:   assert property (@(posedge clk) disable iff (!rst_n)
                                   r_valid |-> r.last == (beat == (what == STE || what == CD ? 3'd7 : 3'd0)));
  in_time:        assert property (@(posedge clk) disable iff (!rst_n) busy < FETCH_LIMIT);
  why:            assert property (@(posedge clk) disable iff (!rst_n) rsp_valid |-> ok == (fault.code == '0));
  addresses_fit:  assert property (@(posedge clk) disable iff (!rst_n) ar_valid |-> addr[2:0] == '0);

  two_levels:     cover property (@(posedge clk) disable iff (!rst_n) ar_valid && what == L1STD);
  cd_two_levels:  cover property (@(posedge clk) disable iff (!rst_n) ar_valid && what == L1CD);
  nested:         cover property (@(posedge clk) disable iff (!rst_n) walk_valid);
  nested_fails:   cover property (@(posedge clk) disable iff (!rst_n) walk_rsp_valid && !walk_rsp.ok);
  skipped:        cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && ok && cfg.s1_ste && !cfg.s1);
  read_fails:     cover property (@(posedge clk) disable iff (!rst_n) state == DECIDE && failed);
  was_overtaken:  cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && gone);
  rsp_waits:      cover property (@(posedge clk) disable iff (!rst_n) rsp_valid && !rsp_ready);

endmodule
