// SPDX-License-Identifier: Apache-2.0
//
// cfg_fetch_shim - cfg_fetch and a walker without walk caches, one transaction at a time from StreamID to output
// address: what config_pkg makes of every field is seen in what comes out.  For dut/cfg_fetch.cpp.
//
// Reads of cfg_fetch have id 128, the walker's those of its slots.

module cfg_fetch_shim
  import iommu_pkg::*;
  import vmsa_pkg::*;
  import smmuv3_fields_pkg::*;
(
  input  logic        clk,
  input  logic        rst_n,

  input  logic [47:0] strtab,
  input  logic [5:0]  strtab_log2,
  input  logic [4:0]  split,
  input  logic        two_level,
  input  logic        recinvsid,

  input  logic        req_valid,
  input  logic [31:0] req_sid,
  input  logic        req_ssv,
  input  logic [19:0] req_ssid,
  input  logic [63:0] req_addr,
  input  logic        req_write,
  input  logic        req_exec,
  input  logic        req_priv,
  output logic        req_ready,

  output logic        rsp_valid,
  output logic [2:0]  rsp_outcome,
  output logic [7:0]  rsp_code,
  output logic        rsp_record,
  output logic        rsp_s2,
  output logic [1:0]  rsp_cls,
  output logic [5:0]  rsp_size_log2,
  output logic [5:0]  rsp_perm1,
  output logic [5:0]  rsp_perm2,
  output logic        rsp_global,
  output logic [15:0] rsp_asid,
  output logic [15:0] rsp_vmid,
  output logic [63:0] rsp_addr,
  output logic [55:0] rsp_ipa,
  output logic [47:0] rsp_fetch,
  output logic [3:0]  rsp_cfg_reads,
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
  output logic        r_ready
);

  typedef enum logic [2:0] { IDLE, ASK, FETCH, WALK, WALKING, DONE } state_t;

  state_t    state;
  logic [31:0] sid;
  logic        ssv, write, exec, priv;
  logic [19:0] ssid;
  logic [63:0] addr;
  outcome_t  outcome;
  fault_t    fault;
  leaf_t     leaf;
  cfg_t      cfg;
  logic [3:0] cfg_reads, s1_reads;
  logic [5:0] s2_reads;

  regs_t     regs;
  cfg_req_t  c_req;
  cfg_rsp_t  c_rsp;
  logic      c_ready, c_valid, c_ar_valid, c_r_ready, c_walk_valid;
  ar_t       c_ar, w_ar;
  walk_req_t c_walk, w_req;
  walk_rsp_t w_rsp;
  logic      w_ready, w_valid, w_ar_valid, w_r_ready, c_walk_rsp_ready, inval_ready, inval_done, idle;
  r_t        r;

  always_comb begin
    regs             = '0;
    regs.smmuen      = 1'b1;
    regs.strtab      = strtab;
    regs.strtab_log2 = strtab_log2;
    regs.split       = split;
    regs.two_level   = two_level;
    regs.recinvsid   = recinvsid;
  end

  assign c_req = '{tag: '0, sid: sid, ssv: ssv, ssid: ssid};
  assign r     = '{id: r_id, data: r_data, last: r_last, err: r_err};

  cfg_fetch fetcher (
    .clk, .rst_n, .regs, .req_valid(state == ASK), .req(c_req), .req_ready(c_ready),
    .rsp_valid(c_valid), .rsp(c_rsp), .rsp_ready(state == FETCH),
    .ar_valid(c_ar_valid), .ar(c_ar), .ar_ready, .r_valid(r_valid && r_id[7]), .r, .r_ready(c_r_ready),
    .walk_valid(c_walk_valid), .walk(c_walk), .walk_ready(w_ready),
    .walk_rsp_valid(w_valid && state == FETCH), .walk_rsp(w_rsp), .walk_rsp_ready(c_walk_rsp_ready),
    .inval(1'b0), .inval_match('0)
  );

  always_comb begin
    w_req       = c_walk;
    if (state == WALK)
      w_req = '{tag: '0, ipa_only: 1'b0, nofill: 1'b0, cfg: cfg, addr: addr, write: write, exec: exec, priv: priv};
  end

  walker #(
    .WALK_SLOTS(2), .WC_S1L0_SETS(0), .WC_S1L1_SETS(0), .WC_S1L2_SETS(0), .WC_S2L0_SETS(0), .WC_S2L1_SETS(0),
    .WC_S2L2_SETS(0)
  ) walks (
    .clk, .rst_n, .req_valid(c_walk_valid || state == WALK), .req(w_req), .req_ready(w_ready),
    .rsp_valid(w_valid), .rsp(w_rsp), .rsp_ready(state == WALKING || c_walk_rsp_ready),
    .ar_valid(w_ar_valid), .ar(w_ar), .ar_ready(ar_ready && !c_ar_valid),
    .r_valid(r_valid && !r_id[7]), .r, .r_ready(w_r_ready),
    .inval_valid(1'b0), .inval('0), .inval_ready, .inval_done, .idle
  );

  assign ar_valid                 = c_ar_valid || w_ar_valid;
  assign {ar_addr, ar_len, ar_id} = c_ar_valid ? {c_ar.addr, c_ar.len, 8'h80} : {w_ar.addr, w_ar.len, w_ar.id};
  assign r_ready                  = r_id[7] ? c_r_ready : w_r_ready;

  function automatic outcome_t outcome_of(logic ok, logic [7:0] code, logic s2, logic a);
    return ok ? OUT_OK : s2 || a || code == 8'(EV_F_WALK_EABT) ? OUT_FAULT : OUT_RAZWI;
  endfunction

  always_ff @(posedge clk)
    if (!rst_n)
      state <= IDLE;
    else
      case (state)
        IDLE:
          if (req_valid) begin
            state     <= ASK;
            {sid, ssv, ssid, addr} <= {req_sid, req_ssv, req_ssid, req_addr};
            {write, exec, priv}    <= {req_write, req_exec, req_priv};
            {s1_reads, s2_reads}   <= '0;
            leaf      <= '0;
            fault     <= '0;
          end
        ASK:
          if (c_ready) state <= FETCH;
        FETCH:
          if (c_valid) begin
            cfg       <= c_rsp.cfg;
            cfg_reads <= c_rsp.reads;
            s2_reads  <= c_rsp.s2_reads;
            fault     <= c_rsp.fault;
            state     <= DONE;
            outcome   <= OUT_BYPASS;
            if (!c_rsp.ok)
              outcome <= OUT_FAULT;
            else if (c_rsp.cfg.aborts)
              outcome <= OUT_ABORT;
            else if (c_rsp.cfg.s1 || c_rsp.cfg.s2)
              state <= WALK;
            else if (addr >> PA_W != '0) begin
              outcome      <= OUT_FAULT;
              fault.code   <= 8'(EV_F_ADDR_SIZE);
              fault.record <= 1'b1;
              fault.cls    <= CLASS_IN;
            end
          end
        WALK:
          if (w_ready) state <= WALKING;
        WALKING:
          if (w_valid) begin
            state    <= DONE;
            outcome  <= outcome_of(w_rsp.ok, w_rsp.fault.code, w_rsp.fault.s2, cfg.cd_a || !cfg.s1);
            fault    <= w_rsp.fault;
            leaf     <= w_rsp.leaf;
            s1_reads <= w_rsp.s1_reads;
            s2_reads <= s2_reads + w_rsp.s2_reads;
          end
        default:
          if (rsp_ready) state <= IDLE;
      endcase

  assign req_ready     = state == IDLE;
  assign rsp_valid     = state == DONE;
  assign rsp_outcome   = outcome;
  assign rsp_code      = fault.code;
  assign rsp_record    = fault.record;
  assign rsp_s2        = fault.s2;
  assign rsp_cls       = fault.cls;
  assign rsp_ipa       = fault.ipa;
  assign rsp_fetch     = fault.fetch;
  assign rsp_size_log2 = leaf.size_log2;
  assign rsp_perm1     = leaf.perm1;
  assign rsp_perm2     = leaf.perm2;
  assign rsp_global    = leaf.global_;
  assign rsp_asid      = cfg.asid;
  assign rsp_vmid      = cfg.vmid;
  assign rsp_addr      = outcome == OUT_BYPASS ? addr
                       : outcome == OUT_OK ? {16'd0, leaf.pa, 12'd0} | (addr & {16'd0, low_mask(leaf.size_log2)})
                       : '0;
  assign rsp_cfg_reads = cfg_reads;
  assign rsp_s1_reads  = s1_reads;
  assign rsp_s2_reads  = s2_reads;

  wire unused = &{1'b0, inval_ready, inval_done, idle, w_rsp, c_rsp, c_ar.id, w_ar, leaf, cfg};

endmodule
