// SPDX-License-Identifier: Apache-2.0
//
// pmmu_ptw - walks three levels, one walk at a time.  done_o is up for one cycle, err_o with it: nothing mapped,
// a misplaced block, an entry that software has not marked accessed, or a read that failed.
module pmmu_ptw (
    input  logic                 clk_i,
    input  logic                 rst_i,
    input  logic                 start_i,
    output logic                 busy_o,
    input  logic [43:0]          root_ppn_i,
    input  logic [26:0]          vpn_i,
    output logic                 done_o,
    output logic                 err_o,
    output pmmu_pkg::xlat_t      xlat_o,
    output pmmu_pkg::axi_req_t   axi_o,
    input  pmmu_pkg::axi_rsp_t   axi_i
);
  import pmmu_pkg::*;

  typedef enum logic [1:0] { Idle, Ask, Wait, Done } state_e;

  state_e      state_q;
  logic [1:0]  lvl_q;
  logic [43:0] table_q;
  logic [26:0] vpn_q;
  logic        err_q;
  xlat_t       xlat_q;

  pte_t        pte;
  logic [8:0]  index;
  logic        leaf, misplaced;

  assign busy_o = state_q != Idle;
  assign done_o = state_q == Done;
  assign err_o  = done_o && err_q;
  assign xlat_o = xlat_q;

  assign index = lvl_q == 2'd2 ? vpn_q[26:18] : lvl_q == 2'd1 ? vpn_q[17:9] : vpn_q[8:0];

  always_comb begin
    axi_o          = '0;
    axi_o.ar_valid = state_q == Ask;
    if (state_q == Ask) begin
      axi_o.ar.addr  = {table_q, index, 3'b000};
      axi_o.ar.size  = 3'd3;
      axi_o.ar.burst = 2'd1;
    end
    axi_o.r_ready = state_q == Wait;
  end

  assign pte       = unpack_pte(axi_i.r.data[53:0]);
  assign leaf      = pte.r || pte.w || pte.x;
  assign misplaced = (lvl_q == 2'd2 && pte.ppn[17:0] != '0) || (lvl_q == 2'd1 && pte.ppn[8:0] != '0);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= Idle;
      lvl_q   <= '0;
      table_q <= '0;
      vpn_q   <= '0;
      err_q   <= 1'b0;
      xlat_q  <= '0;
    end else begin
      unique case (state_q)
        Idle:
          if (start_i) begin
            state_q <= Ask;
            lvl_q   <= 2'd2;
            table_q <= root_ppn_i;
            vpn_q   <= vpn_i;
            err_q   <= 1'b0;
          end
        Ask:
          if (axi_i.ar_ready)
            state_q <= Wait;
        Wait:
          if (axi_i.r_valid) begin
            if (axi_i.r.resp != 2'd0 || !pte.v || (pte.w && !pte.r)) begin
              state_q <= Done;
              err_q   <= 1'b1;
              xlat_q  <= '0;
            end else if (leaf) begin
              state_q <= Done;
              err_q   <= misplaced || !pte.a;
              xlat_q  <= '{lvl: lvl_q, r: pte.r, w: pte.w && pte.d, ppn: pte.ppn};
            end else if (lvl_q == 2'd0) begin
              state_q <= Done;
              err_q   <= 1'b1;
              xlat_q  <= '0;
            end else begin
              state_q <= Ask;
              lvl_q   <= lvl_q - 2'd1;
              table_q <= pte.ppn;
            end
          end
        Done:
          state_q <= Idle;
      endcase
    end
  end

endmodule
