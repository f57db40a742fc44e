// SPDX-License-Identifier: Apache-2.0
//
// pmmu - the unit: takes an access, looks up its device and its translation, and passes it on or refuses it.
//
// One access at a time.  A command is done between two accesses.
module pmmu #(
    parameter int TlbEntries = 8
) (
    input  logic                         clk_i,
    input  logic                         rst_i,
    input  logic [pmmu_pkg::PaWidth-1:0] dev_table_i,
    input  logic                         in_valid_i,
    output logic                         in_ready_o,
    input  pmmu_pkg::dma_req_t           in_i,
    output logic                         out_valid_o,
    input  logic                         out_ready_i,
    output pmmu_pkg::dma_out_t           out_o,
    input  logic                         cmd_valid_i,
    output logic                         cmd_ready_o,
    input  pmmu_pkg::cmd_t               cmd_i,
    output pmmu_pkg::axi_req_t           axi_o,
    input  pmmu_pkg::axi_rsp_t           axi_i
);
  import pmmu_pkg::*;

  typedef enum logic [2:0] { Idle, AskDev, WaitDev, Lookup, Walk, Out } state_e;

  state_e              state_q;
  dma_req_t            req_q;
  dma_out_t            out_q;

  // The device that was looked up last.
  logic                dev_valid_q, dev_bypass_q, dev_beat_q, dev_err_q;
  logic [DevWidth-1:0] dev_q;
  logic [DomWidth-1:0] dom_q;
  logic [43:0]         root_q;

  logic     tlb_hit, ptw_busy, ptw_done, ptw_err, canonical, allowed;
  xlat_t    tlb_xlat, ptw_xlat, xlat;
  axi_req_t ptw_axi;
  axi_rsp_t ptw_rsp;
  logic     in_fire, cmd_fire;
  logic     permitted;

  // verilator lint_off UNUSEDSIGNAL
  logic [$clog2(TlbEntries)-1:0] victim;      // of the TLB by itself
  logic                          evict;
  // verilator lint_on UNUSEDSIGNAL

  assign cmd_ready_o = state_q == Idle;
  assign cmd_fire    = cmd_valid_i && cmd_ready_o;
  assign in_ready_o  = state_q == Idle && !cmd_valid_i;
  assign in_fire     = in_valid_i && in_ready_o;
  assign out_valid_o = state_q == Out;
  assign out_o       = out_q;

  pmmu_tlb #(
      .Entries(TlbEntries)
  ) i_tlb (
      .clk_i, .rst_i,
      .dom_i(dom_q),
      .vpn_i(req_q.addr[38:12]),
      .hit_o(tlb_hit),
      .xlat_o(tlb_xlat),
      .fill_i(state_q == Walk && ptw_done && !ptw_err),
      .fill_dom_i(dom_q),
      .fill_vpn_i(ptw_xlat.lvl == 2'd2 ? {req_q.addr[38:30], 18'd0}
                : ptw_xlat.lvl == 2'd1 ? {req_q.addr[38:21], 9'd0} : req_q.addr[38:12]),
      .fill_xlat_i(ptw_xlat),
      .victim_o(victim),
      .evict_o(evict),
      .inv_i(cmd_fire && cmd_i.op inside {CmdInvAll, CmdInvDomain, CmdInvPage}),
      .inv_all_i(cmd_i.op == CmdInvAll),
      .inv_page_i(cmd_i.op == CmdInvPage),
      .inv_dom_i(cmd_i.dom),
      .inv_vpn_i(cmd_i.va[38:12])
  );

  pmmu_ptw i_ptw (
      .clk_i, .rst_i,
      .start_i(state_q == Lookup && canonical && !dev_bypass_q && !tlb_hit),
      .busy_o(ptw_busy),
      .root_ppn_i(root_q),
      .vpn_i(req_q.addr[38:12]),
      .done_o(ptw_done),
      .err_o(ptw_err),
      .xlat_o(ptw_xlat),
      .axi_o(ptw_axi),
      .axi_i(ptw_rsp)
  );

  // The walker's reads and those of the device table never come together.
  always_comb begin
    axi_o = ptw_axi;
    if (!ptw_busy) begin
      axi_o = '0;
      if (state_q == AskDev) begin
        axi_o.ar_valid = 1'b1;
        axi_o.ar.addr  = dev_table_i + {44'd0, req_q.dev, 4'd0};
        axi_o.ar.len   = 8'd1;
        axi_o.ar.size  = 3'd3;
        axi_o.ar.burst = 2'd1;
      end
      axi_o.r_ready = state_q == WaitDev;
    end
    ptw_rsp = ptw_busy ? axi_i : '0;
  end

  assign canonical = req_q.addr[63:39] == '0;
  assign xlat      = state_q == Walk ? ptw_xlat : tlb_xlat;
  assign permitted = req_q.we ? xlat.w : xlat.r;
  assign allowed   = permitted && !(state_q == Walk && ptw_err);

  function automatic dma_out_t answer(dma_req_t r, logic ok, logic [PaWidth-1:0] pa);
    return '{id: r.id, we: r.we, err: !ok, addr: ok ? pa : '0};
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q      <= Idle;
      req_q        <= '0;
      out_q        <= '0;
      dev_valid_q  <= 1'b0;
      dev_bypass_q <= 1'b0;
      dev_beat_q   <= 1'b0;
      dev_err_q    <= 1'b0;
      dev_q        <= '0;
      dom_q        <= '0;
      root_q       <= '0;
    end else begin
      unique case (state_q)
        Idle: begin
          if (cmd_fire && (cmd_i.op == CmdInvAll || (cmd_i.op == CmdInvDevice && cmd_i.dev == dev_q)))
            dev_valid_q <= 1'b0;
          if (in_fire) begin
            req_q   <= in_i;
            state_q <= dev_valid_q && dev_q == in_i.dev ? Lookup : AskDev;
          end
        end
        AskDev:
          if (axi_i.ar_ready) begin
            state_q    <= WaitDev;
            dev_beat_q <= 1'b0;
            dev_err_q  <= 1'b0;
            dev_q      <= req_q.dev;
          end
        WaitDev:
          if (axi_i.r_valid) begin
            dev_beat_q <= 1'b1;
            if (axi_i.r.resp != 2'd0)
              dev_err_q <= 1'b1;
            if (!dev_beat_q) begin
              dev_valid_q  <= axi_i.r.data[0] && axi_i.r.resp == 2'd0;
              dev_bypass_q <= axi_i.r.data[1];
              dom_q        <= axi_i.r.data[31:16];
            end else begin
              root_q <= axi_i.r.data[55:12];
              if (!dev_valid_q || dev_err_q || axi_i.r.resp != 2'd0) begin
                dev_valid_q <= 1'b0;
                out_q       <= answer(req_q, 1'b0, '0);
                state_q     <= Out;
              end else begin
                state_q <= Lookup;
              end
            end
          end
        Lookup:
          if (dev_bypass_q) begin
            out_q   <= answer(req_q, req_q.addr[63:PaWidth] == '0, req_q.addr[PaWidth-1:0]);
            state_q <= Out;
          end else if (!canonical) begin
            out_q   <= answer(req_q, 1'b0, '0);
            state_q <= Out;
          end else if (tlb_hit) begin
            out_q   <= answer(req_q, allowed, apply(xlat, req_q.addr[29:0]));
            state_q <= Out;
          end else begin
            state_q <= Walk;
          end
        Walk:
          if (ptw_done) begin
            out_q   <= answer(req_q, allowed, apply(xlat, req_q.addr[29:0]));
            state_q <= Out;
          end
        Out:
          if (out_ready_i)
            state_q <= Idle;
        default:
          state_q <= Idle;
      endcase
    end
  end

endmodule
