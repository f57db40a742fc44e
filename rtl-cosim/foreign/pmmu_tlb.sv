// SPDX-License-Identifier: Apache-2.0
//
// pmmu_tlb - fully associative, replaced in turn; free entries are not preferred but for those never used.
//
// A lookup is answered in the same cycle.  One operation a cycle: an invalidation before a fill.
module pmmu_tlb #(
    parameter int Entries = 8
) (
    input  logic                           clk_i,
    input  logic                           rst_i,
    input  logic [pmmu_pkg::DomWidth-1:0]  dom_i,
    input  logic [26:0]                    vpn_i,
    output logic                           hit_o,
    output pmmu_pkg::xlat_t                xlat_o,
    input  logic                           fill_i,
    input  logic [pmmu_pkg::DomWidth-1:0]  fill_dom_i,
    input  logic [26:0]                    fill_vpn_i,
    input  pmmu_pkg::xlat_t                fill_xlat_i,
    output logic [$clog2(Entries)-1:0]     victim_o,
    output logic                           evict_o,
    input  logic                           inv_i,
    input  logic                           inv_all_i,
    input  logic                           inv_page_i,
    input  logic [pmmu_pkg::DomWidth-1:0]  inv_dom_i,
    input  logic [26:0]                    inv_vpn_i
);
  import pmmu_pkg::*;

  logic [Entries-1:0]         valid_q;
  logic [$clog2(Entries)-1:0] next_q, victim, free;
  logic                       any_free, same;
  logic [$clog2(Entries)-1:0] same_at;
  logic [DomWidth-1:0]        dom_q [Entries];
  logic [26:0]                vpn_q [Entries];
  xlat_t                      xlat_q[Entries];

  function automatic logic covers(xlat_t t, logic [26:0] held, logic [26:0] vpn);
    return held[26:18] == vpn[26:18] && (t.lvl == 2'd2 || held[17:9] == vpn[17:9]) &&
           (t.lvl != 2'd0 || held[8:0] == vpn[8:0]);
  endfunction

  // The smallest block that covers the page answers.
  always_comb begin
    hit_o  = 1'b0;
    xlat_o = '0;
    for (int i = 0; i < Entries; i++)
      if (valid_q[i] && dom_q[i] == dom_i && covers(xlat_q[i], vpn_q[i], vpn_i) &&
          (!hit_o || xlat_q[i].lvl < xlat_o.lvl)) begin
        hit_o  = 1'b1;
        xlat_o = xlat_q[i];
      end
  end

  always_comb begin
    same     = 1'b0;
    same_at  = '0;
    any_free = 1'b0;
    free     = '0;
    for (int i = Entries - 1; i >= 0; i--) begin
      if (valid_q[i] && dom_q[i] == fill_dom_i && vpn_q[i] == fill_vpn_i && xlat_q[i].lvl == fill_xlat_i.lvl) begin
        same    = 1'b1;
        same_at = i[$clog2(Entries)-1:0];
      end
      if (!valid_q[i]) begin
        any_free = 1'b1;
        free     = i[$clog2(Entries)-1:0];
      end
    end
    victim = same ? same_at : any_free ? free : next_q;
  end

  assign victim_o = victim;
  assign evict_o  = fill_i && !inv_i && !same && !any_free;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= '0;
      next_q  <= '0;
    end else if (inv_i) begin
      for (int i = 0; i < Entries; i++)
        if (inv_all_i || (dom_q[i] == inv_dom_i &&
                          (!inv_page_i || covers(xlat_q[i], vpn_q[i], inv_vpn_i))))
          valid_q[i] <= 1'b0;
    end else if (fill_i) begin
      valid_q[victim] <= 1'b1;
      if (!same && !any_free)
        next_q <= next_q == $clog2(Entries)'(Entries - 1) ? '0 : next_q + 1'b1;
    end
  end

  // Not reset: nothing is read of an entry that is not valid.
  always_ff @(posedge clk_i)
    if (fill_i && !inv_i) begin
      dom_q[victim]  <= fill_dom_i;
      vpn_q[victim]  <= fill_vpn_i;
      xlat_q[victim] <= fill_xlat_i;
    end

endmodule
