// SPDX-License-Identifier: Apache-2.0
//
// inval_unit - carries out what the command queue hands on.
//
// An invalidation begins in all structures in the same cycle, when all are ready for one: `start`, with what each
// has to remove in `inval`.  The command is taken then; the next one waits until the sweeps have ended, which is
// when all are ready again.  One by stage 1 address is followed by a second sweep of the IOTLB alone, for pieces of
// larger stage 1 blocks, once there has been such an entry (piece_filled).
//
// A SYNC is taken when all sweeps have ended, all transactions that were there at that time have been answered, and
// their event records have been written or dropped.

module inval_unit
  import iommu_pkg::*;
  import tag_pkg::*;
#(
  parameter int PIECE_LOG2 = 30          // the largest block that there are pieces of
) (
  input  logic   clk,
  input  logic   rst_n,
  input  logic   cmd_valid,
  input  cmd_t   cmd,
  output logic   cmd_ready,
  // structures: ready is low while they sweep
  input  logic   cfg_ready,
  input  logic   tlb_ready,
  input  logic   walk_ready,
  input  logic   piece_filled,
  output logic   start,
  output inval_t inval,
  output logic   tlb_start,
  output match_t tlb_match,
  // what a SYNC waits for
  output logic   fence_start,
  input  logic   fence_done,
  output logic   evtq_fence_start,
  input  logic   evtq_fence_done,
  output logic   idle
);

  typedef enum logic [2:0] { TAKE, PIECES, FENCE, RECORDS, RECORDED } state_t;

  state_t state_q;
  logic   pieces_q;                      // there has been such an entry
  logic   ready, sync, by_va, twice;

  assign ready = cfg_ready && tlb_ready && walk_ready;
  assign sync  = cmd.kind == INV_SYNC;
  assign by_va = cmd.kind == INV_VA || cmd.kind == INV_VAA;
  assign twice = by_va && pieces_q;
  assign inval = removed_by(cmd);
  assign start = cmd_valid && state_q == TAKE && !sync && ready;

  assign tlb_start = (start && inval.tlb_valid) || (state_q == PIECES && tlb_ready);
  assign tlb_match = state_q == PIECES ? pieces(inval.tlb, 6'(PIECE_LOG2)) : inval.tlb;

  assign fence_start      = cmd_valid && state_q == TAKE && sync && ready;
  assign evtq_fence_start = state_q == RECORDS;
  assign cmd_ready        = (start && !twice) || (state_q == PIECES && tlb_ready) ||
                            (state_q == RECORDED && evtq_fence_done);
  assign idle             = state_q == TAKE && !cmd_valid && ready;

  always_ff @(posedge clk)
    if (!rst_n) begin
      state_q  <= TAKE;
      pieces_q <= 1'b0;
    end else begin
      pieces_q <= pieces_q || piece_filled;
      case (state_q)
        TAKE:
          if (start && twice)   state_q <= PIECES;
          else if (fence_start) state_q <= FENCE;
        PIECES:
          if (tlb_ready)        state_q <= TAKE;
        FENCE:
          if (fence_done)       state_q <= RECORDS;
        RECORDS:                state_q <= RECORDED;
        RECORDED:
          if (evtq_fence_done)  state_q <= TAKE;
        default:                state_q <= TAKE;
      endcase
    end

  all_at_once:  assert property (@(posedge clk) disable iff (!rst_n) start |-> cfg_ready && tlb_ready && walk_ready);
  sync_is_last: assert property (@(posedge clk) disable iff (!rst_n) cmd_valid && sync && cmd_ready |-> state_q == RECORDED);
  stays:        assert property (@(posedge clk) disable iff (!rst_n) state_q != TAKE |-> cmd_valid);
  sweeps_twice: cover property (@(posedge clk) disable iff (!rst_n) start && twice);
  waits_sweep:  cover property (@(posedge clk) disable iff (!rst_n) cmd_valid && state_q == TAKE && !ready);
  waits_record: cover property (@(posedge clk) disable iff (!rst_n) state_q == RECORDED && !evtq_fence_done);

endmodule
