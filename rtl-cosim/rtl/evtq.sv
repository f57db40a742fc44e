// SPDX-License-Identifier: Apache-2.0
//
// evtq - writes event records: model/arch/smmuv3/event.c says what is in them.
//
// Faults wait in a FIFO of DEPTH; push_ready is low while it is full, so none is lost there.  The oldest is written
// to the ring in four writes of 8 bytes, one after the other, and when all are acknowledged seen by the producer
// index (step).  With the queue off it is dropped; so it is with the ring full, which `lost` says; a write that
// fails drops it, and `aborted` says so.
//
// fence_done falls in the cycle after fence_start and is set again when all that was pushed before, or in that
// cycle, has been written or dropped.

module evtq
  import iommu_pkg::*;
  import smmuv3_fields_pkg::*;
#(
  parameter int DEPTH = 8
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            push_valid,
  input  event_t          push,
  output logic            push_ready,
  // registers
  input  logic            on,
  input  logic [PA_W-1:0] base,
  input  logic [4:0]      log2,
  input  logic [19:0]     prod,
  input  logic [19:0]     cons,
  output logic            step,
  output logic            lost,
  output logic            aborted,
  output logic            idle,          // no record is being written
  input  logic            fence_start,
  output logic            fence_done,
  output logic            empty,
  // memory: id is the word's number
  output logic            aw_valid,
  output aw_t             aw,
  input  logic            aw_ready,
  input  logic            b_valid,
  input  logic            b_error
);

  localparam int P_W = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam int C_W = $clog2(DEPTH + 1);

  event_t         fifo_q [DEPTH];
  logic [P_W-1:0] head_q, tail_q;
  logic [C_W-1:0] count_q, fence_q;      // records; of them, those that the fence waits for

  typedef enum logic [1:0] { CHOOSE, WRITE, ANSWER } state_t;
  state_t     state_q;
  logic [1:0] word_q;
  logic       failed_q;

  // ---- the record -----------------------------------------------------------------------------------

  // Which fields a record has: bits of enum event_flag.
  function automatic int has(logic [7:0] code);
    case (code)
      8'(EV_C_BAD_STREAMID):    return EV_C_BAD_STREAMID_HAS;
      8'(EV_F_STE_FETCH):       return EV_F_STE_FETCH_HAS;
      8'(EV_C_BAD_STE):         return EV_C_BAD_STE_HAS;
      8'(EV_F_STREAM_DISABLED): return EV_F_STREAM_DISABLED_HAS;
      8'(EV_C_BAD_SUBSTREAMID): return EV_C_BAD_SUBSTREAMID_HAS;
      8'(EV_F_CD_FETCH):        return EV_F_CD_FETCH_HAS;
      8'(EV_C_BAD_CD):          return EV_C_BAD_CD_HAS;
      8'(EV_F_WALK_EABT):       return EV_F_WALK_EABT_HAS;
      8'(EV_F_TRANSLATION):     return EV_F_TRANSLATION_HAS;
      8'(EV_F_ADDR_SIZE):       return EV_F_ADDR_SIZE_HAS;
      8'(EV_F_ACCESS):          return EV_F_ACCESS_HAS;
      8'(EV_F_PERMISSION):      return EV_F_PERMISSION_HAS;
      default:                  return 0;
    endcase
  endfunction

  event_t       head;
  int           flags;
  logic [255:0] record;

  always_comb begin
    head   = fifo_q[head_q];
    flags  = has(head.fault.code);
    record = '0;
    record[EVENT_TYPE_HI:EVENT_TYPE_LO] = head.fault.code;
    record[EVENT_SID_HI:EVENT_SID_LO]   = head.req.sid;
    if (head.req.ssv && (flags & (EVENT_HAS_SSV | EVENT_HAS_SSID)) != 0) begin
      record[EVENT_SSV_LO]                = (flags & EVENT_HAS_SSV) != 0;
      record[EVENT_SSID_HI:EVENT_SSID_LO] = head.req.ssid;
    end
    if ((flags & EVENT_HAS_ADDR) != 0) begin
      record[EVENT_RNW_LO]                  = !head.req.write;
      record[EVENT_INPUT_HI:EVENT_INPUT_LO] = head.req.addr;
    end
    if ((flags & EVENT_HAS_ATTR) != 0) begin
      record[EVENT_PNU_LO] = head.req.priv;
      record[EVENT_IND_LO] = head.req.exec && !head.req.write;
    end
    if ((flags & EVENT_HAS_STAGE) != 0) begin
      record[EVENT_S2_LO]                   = head.fault.s2;
      record[EVENT_CLASS_HI:EVENT_CLASS_LO] = head.fault.cls;
    end
    if ((flags & EVENT_HAS_IPA) != 0 && head.fault.s2)
      record[EVENT_IPA_HI:EVENT_IPA_LO] = 44'(head.fault.ipa >> 12);
    if ((flags & EVENT_HAS_TTRNW) != 0 && head.fault.s2 && head.fault.cls == CLASS_TT)
      record[EVENT_TTRNW_LO] = 1'b1;
    if ((flags & EVENT_HAS_FETCH) != 0)
      record[EVENT_FETCH_HI:EVENT_FETCH_LO] = {8'h0, head.fault.fetch[PA_W-1:3]};
  end

  // ---- the FIFO -------------------------------------------------------------------------------------

  logic put, pop, full, drop;

  assign push_ready = count_q != C_W'(DEPTH);
  assign put        = push_valid && push_ready;
  assign empty      = count_q == '0;
  assign full       = ((prod ^ cons) & ((20'd2 << log2) - 20'd1)) == 20'd1 << log2;
  assign drop       = state_q == CHOOSE && !empty && (!on || full);
  assign lost       = drop && on;
  assign step       = state_q == ANSWER && b_valid && word_q == 2'd3 && !failed_q && !b_error;
  assign aborted      = state_q == ANSWER && b_valid && word_q == 2'd3 && (failed_q || b_error);
  assign pop        = drop || step || aborted;
  assign idle       = state_q == CHOOSE;
  assign fence_done = fence_q == '0;

  function automatic logic [P_W-1:0] after(logic [P_W-1:0] p);
    return p == P_W'(DEPTH - 1) ? '0 : p + P_W'(1);
  endfunction

  always_ff @(posedge clk)
    if (!rst_n) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
      fence_q <= '0;
    end else begin
      if (put) tail_q <= after(tail_q);
      if (pop) head_q <= after(head_q);
      count_q <= count_q + C_W'(put) - C_W'(pop);
      if (fence_start)               fence_q <= count_q + C_W'(put) - C_W'(pop);
      else if (pop && !fence_done)   fence_q <= fence_q - C_W'(1);
    end

  // Not reset: read where count_q says that something was put.
  always_ff @(posedge clk)
    if (put) fifo_q[tail_q] <= push;

  // ---- the writes -----------------------------------------------------------------------------------

  logic [19:0] index;

  assign index    = prod & ((20'd1 << log2) - 20'd1);
  assign aw_valid = state_q == WRITE;

  always_comb begin
    aw = '0;
    if (aw_valid) begin
      aw.id   = 8'(word_q);
      aw.addr = base + {23'h0, index, word_q, 3'h0};
      aw.data = record[64 * word_q +: 64];
      aw.strb = '1;
    end
  end

  always_ff @(posedge clk)
    if (!rst_n) begin
      state_q  <= CHOOSE;
      word_q   <= '0;
      failed_q <= 1'b0;
    end else begin
      case (state_q)
        CHOOSE: begin
          word_q   <= '0;
          failed_q <= 1'b0;
          if (!empty && !drop) state_q <= WRITE;
        end
        WRITE:
          if (aw_ready) state_q <= ANSWER;
        ANSWER:
          if (b_valid) begin
            failed_q <= failed_q || b_error;
            word_q   <= word_q + 2'd1;
            state_q  <= word_q == 2'd3 ? CHOOSE : WRITE;
          end
        default: state_q <= CHOOSE;
      endcase
    end

  // ---- what must hold -------------------------------------------------------------------------------

  wire unused = &{1'b0, head.req.id, head.fault.record, head.fault.ipa[11:0], head.fault.fetch[2:0]};

  push_stable: assert property (@(posedge clk) disable iff (!rst_n)
                                push_valid && !push_ready |=> push_valid);
  aw_stable:   assert property (@(posedge clk) disable iff (!rst_n)
                                aw_valid && !aw_ready |=> aw_valid && $stable(aw));
  b_expected:  assert property (@(posedge clk) disable iff (!rst_n) b_valid |-> state_q == ANSWER);
  known_event: assert property (@(posedge clk) disable iff (!rst_n)
                                put |-> push.fault.code == 8'(EV_F_STREAM_DISABLED) || has(push.fault.code) != 0);
  overflow:    cover property (@(posedge clk) disable iff (!rst_n) lost);
  dropped:     cover property (@(posedge clk) disable iff (!rst_n) drop && !on);
  filled_up:   cover property (@(posedge clk) disable iff (!rst_n) push_valid && !push_ready);
  failed:      cover property (@(posedge clk) disable iff (!rst_n) aborted);
  wrapped:     cover property (@(posedge clk) disable iff (!rst_n) step && index == (20'd1 << log2) - 20'd1);

endmodule
