// SPDX-License-Identifier: Apache-2.0
//
// mem_arb - one read port for CLIENTS of them.
//
// An id is 8 bits: the client's number in the upper CLIENT_BITS, the client's own id below.  Requests go through a
// register, so that what is shown on the port stays there until it is taken; the clients take turns.  Beats go
// straight through, while every client is ready for one.

module mem_arb
  import iommu_pkg::*;
#(
  parameter int CLIENTS     = 3,
  parameter int CLIENT_BITS = 2
) (
  input  logic                clk,
  input  logic                rst_n,
  input  logic [CLIENTS-1:0]  c_ar_valid,
  input  ar_t  [CLIENTS-1:0]  c_ar,
  output logic [CLIENTS-1:0]  c_ar_ready,
  output logic [CLIENTS-1:0]  c_r_valid,
  output r_t                  c_r,           // for all: whose it is c_r_valid says
  input  logic [CLIENTS-1:0]  c_r_ready,     // whether or not a beat is its own
  output logic                ar_valid,
  output ar_t                 ar,
  input  logic                ar_ready,
  input  logic                r_valid,
  input  r_t                  r,
  output logic                r_ready
);

  localparam int OWN_BITS = 8 - CLIENT_BITS;

  if (CLIENTS > 1 << CLIENT_BITS) $fatal(1, "CLIENTS = %0d", CLIENTS);

  logic                   valid_q;
  ar_t                    ar_q;
  logic [CLIENT_BITS-1:0] last_q;        // who was the last
  logic [CLIENT_BITS-1:0] who;
  logic                   any, room;

  assign room = !valid_q || ar_ready;

  // The first that asks after the last one.
  always_comb begin
    who = '0;
    any = 1'b0;
    for (int i = CLIENTS; i > 0; i--) begin
      for (int c = 0; c < CLIENTS; c++)
        if (c == (int'(last_q) + i) % CLIENTS && c_ar_valid[c]) begin
          who = CLIENT_BITS'(c);
          any = 1'b1;
        end
    end
    c_ar_ready = '0;
    for (int c = 0; c < CLIENTS; c++)
      if (any && room && who == CLIENT_BITS'(c)) c_ar_ready[c] = 1'b1;
  end

  always_ff @(posedge clk)
    if (!rst_n) begin
      valid_q <= 1'b0;
      ar_q    <= '0;
      last_q  <= '0;
    end else if (room) begin
      valid_q <= any;
      if (any) begin
        last_q <= who;
        for (int c = 0; c < CLIENTS; c++)
          if (who == CLIENT_BITS'(c)) ar_q <= '{id: {who, c_ar[c].id[OWN_BITS-1:0]}, addr: c_ar[c].addr, len: c_ar[c].len};
      end
    end

  assign ar_valid = valid_q;
  assign ar       = valid_q ? ar_q : '0;

  assign r_ready = &c_r_ready;

  always_comb begin
    c_r       = r;
    c_r.id    = {CLIENT_BITS'(0), r.id[OWN_BITS-1:0]};
    c_r_valid = '0;
    for (int c = 0; c < CLIENTS; c++)
      if (r.id[7:OWN_BITS] == CLIENT_BITS'(c)) c_r_valid[c] = r_valid && r_ready;
  end

  ar_stable: assert property (@(posedge clk) disable iff (!rst_n) ar_valid && !ar_ready |=> ar_valid && $stable(ar));
  known_id:  assert property (@(posedge clk) disable iff (!rst_n) r_valid |-> int'(r.id[7:OWN_BITS]) < CLIENTS);
  contended: cover property (@(posedge clk) disable iff (!rst_n) $countones(c_ar_valid) > 1);
  stalled:   cover property (@(posedge clk) disable iff (!rst_n) ar_valid && !ar_ready);

endmodule
