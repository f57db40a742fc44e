// SPDX-License-Identifier: Apache-2.0
//
// pmmu_shim - ports of at most 64 bits around pmmu, and around its TLB and its walker alone: the three are beside
// each other, an adapter drives those pins that its level has.
module pmmu_shim #(
    parameter int TlbEntries = 8
) (
    input  logic        clk,
    input  logic        rst_n,
    // the unit
    input  logic [55:0] dev_table,
    input  logic        req_valid,
    output logic        req_ready,
    input  logic [15:0] req_id,
    input  logic [7:0]  req_dev,
    input  logic        req_write,
    input  logic [63:0] req_addr,
    output logic        down_valid,
    input  logic        down_ready,
    output logic [15:0] down_id,
    output logic        down_write,
    output logic        down_refused,
    output logic [55:0] down_addr,
    input  logic        cmd_valid,
    output logic        cmd_ready,
    input  logic [2:0]  cmd_op,
    input  logic [15:0] cmd_dom,
    input  logic [7:0]  cmd_dev,
    input  logic [38:0] cmd_va,
    // memory: the unit's, or the walker's alone
    input  logic        walker_alone,
    output logic        ar_valid,
    input  logic        ar_ready,
    output logic [55:0] ar_addr,
    output logic [7:0]  ar_len,
    input  logic        r_valid,
    output logic        r_ready,
    input  logic [63:0] r_data,
    input  logic        r_error,
    input  logic        r_last,
    // the walker
    input  logic        walk_start,
    output logic        walk_busy,
    input  logic [43:0] walk_root,
    input  logic [26:0] walk_vpn,
    output logic        walk_done,
    output logic        walk_err,
    output logic [1:0]  walk_lvl,
    output logic        walk_r,
    output logic        walk_w,
    output logic [43:0] walk_ppn,
    // the TLB
    input  logic [15:0] tlb_dom,
    input  logic [26:0] tlb_vpn,
    output logic        tlb_hit,
    output logic [1:0]  tlb_lvl,
    output logic [45:0] tlb_data,
    input  logic        tlb_fill,
    input  logic [15:0] tlb_fill_dom,
    input  logic [26:0] tlb_fill_vpn,
    input  logic [1:0]  tlb_fill_lvl,
    input  logic [45:0] tlb_fill_data,
    output logic [7:0]  tlb_victim,
    output logic        tlb_evict,
    input  logic        tlb_inv,
    input  logic        tlb_inv_all,
    input  logic        tlb_inv_page,
    input  logic [15:0] tlb_inv_dom,
    input  logic [26:0] tlb_inv_vpn
);
  import pmmu_pkg::*;

  logic     rst;
  dma_out_t out;
  // verilator lint_off UNUSEDSIGNAL
  axi_req_t unit_axi, walk_axi, axi;       // of bursts only address and length matter to the driver
  // verilator lint_on UNUSEDSIGNAL
  axi_rsp_t rsp;
  xlat_t    walked, found, filled;
  logic [$clog2(TlbEntries)-1:0] victim;

  assign rst = !rst_n;

  pmmu #(
      .TlbEntries(TlbEntries)
  ) i_unit (
      .clk_i(clk), .rst_i(rst),
      .dev_table_i(dev_table),
      .in_valid_i(req_valid), .in_ready_o(req_ready),
      .in_i('{id: req_id, dev: req_dev, we: req_write, addr: req_addr}),
      .out_valid_o(down_valid), .out_ready_i(down_ready), .out_o(out),
      .cmd_valid_i(cmd_valid), .cmd_ready_o(cmd_ready),
      .cmd_i('{op: cmd_op_e'(cmd_op), dom: cmd_dom, dev: cmd_dev, va: cmd_va}),
      .axi_o(unit_axi), .axi_i(walker_alone ? '0 : rsp)
  );

  assign down_id      = out.id;
  assign down_write   = out.we;
  assign down_refused = out.err;
  assign down_addr    = out.addr;

  assign axi      = walker_alone ? walk_axi : unit_axi;
  assign ar_valid = axi.ar_valid;
  assign ar_addr  = axi.ar.addr;
  assign ar_len   = axi.ar.len;
  assign r_ready  = axi.r_ready;
  assign rsp      = '{ar_ready: ar_ready, r_valid: r_valid,
                      r: '{id: '0, data: r_data, resp: {r_error, 1'b0}, last: r_last}};

  pmmu_ptw i_walker (
      .clk_i(clk), .rst_i(rst),
      .start_i(walk_start), .busy_o(walk_busy),
      .root_ppn_i(walk_root), .vpn_i(walk_vpn),
      .done_o(walk_done), .err_o(walk_err), .xlat_o(walked),
      .axi_o(walk_axi), .axi_i(walker_alone ? rsp : '0)
  );

  assign walk_lvl = walked.lvl;
  assign walk_r   = walked.r;
  assign walk_w   = walked.w;
  assign walk_ppn = walked.ppn;

  assign filled = '{lvl: tlb_fill_lvl, r: tlb_fill_data[45], w: tlb_fill_data[44], ppn: tlb_fill_data[43:0]};

  pmmu_tlb #(
      .Entries(TlbEntries)
  ) i_tlb (
      .clk_i(clk), .rst_i(rst),
      .dom_i(tlb_dom), .vpn_i(tlb_vpn), .hit_o(tlb_hit), .xlat_o(found),
      .fill_i(tlb_fill), .fill_dom_i(tlb_fill_dom), .fill_vpn_i(tlb_fill_vpn), .fill_xlat_i(filled),
      .victim_o(victim), .evict_o(tlb_evict),
      .inv_i(tlb_inv), .inv_all_i(tlb_inv_all), .inv_page_i(tlb_inv_page),
      .inv_dom_i(tlb_inv_dom), .inv_vpn_i(tlb_inv_vpn)
  );

  assign tlb_lvl    = found.lvl;
  assign tlb_data   = {found.r, found.w, found.ppn};
  assign tlb_victim = 8'(victim);

endmodule
