// SPDX-License-Identifier: Apache-2.0
//
// cmdq - consumes the command queue: fetches commands from the ring, decodes them, hands on what they invalidate.
//
// Fetch.  While `run` is set and the ring is not empty it reads up to FETCH commands at a time, in one burst that
// does not go past the ring's end; they are executed one after the other, then it looks again.  When it is turned
// off or in error the rest of what was fetched is forgotten.
//
// Execution, one command a cycle at most.  cmd_valid and cmd stay until cmd_ready; a command is consumed (`step`)
// in the cycle of that transfer.  A SYNC is handed on like an invalidation: whoever takes it does so when all before
// has been carried out.  Prefetches have no effect and are consumed at once.
//
// Errors.  An illegal command, or one whose read aborted, is not handed on: `stop` with the reason, upon which `run`
// falls.  When it rises again the command at `cons` is fetched again.
//
// init_start, while set: everything is to be forgotten.  It is handed on as CONFIG of all streams, ALL, and SYNC,
// after which init_done is set for one cycle.
//
// Which commands there are, and what is illegal of them, is model/arch/smmuv3/cmd.c for the design's identification
// registers [regs.sv].

module cmdq
  import iommu_pkg::*;
  import smmuv3_fields_pkg::*;
#(
  parameter int FETCH = 4
) (
  input  logic            clk,
  input  logic            rst_n,
  // registers
  input  logic            run,
  input  logic [PA_W-1:0] base,
  input  logic [4:0]      log2,
  input  logic [19:0]     prod,
  input  logic [19:0]     cons,
  output logic            step,
  output logic            stop,
  output logic [1:0]      error,        // enum smmuv3_cerror
  output logic            sync_irq,     // a SYNC that asked for an interrupt is complete
  output logic            idle,         // no command is under way
  output logic            quiet,        // nor is there one to be executed
  input  logic            init_start,
  output logic            init_done,
  // memory: id is 0
  output logic            ar_valid,
  output ar_t             ar,
  input  logic            ar_ready,
  input  logic            r_valid,
  input  r_t              r,
  output logic            r_ready,
  // decoded
  output logic            cmd_valid,
  output cmd_t            cmd,
  input  logic            cmd_ready
);

  localparam int N_W = $clog2(FETCH + 1);
  localparam int I_W = FETCH > 1 ? $clog2(FETCH) : 1;

  localparam logic [1:0] ILLEGAL = 2'd1, ABORTED = 2'd2;

  if (FETCH < 1 || FETCH > 4) $fatal(1, "FETCH = %0d: 1 to 4, a burst has 8 beats", FETCH);

  typedef enum logic [2:0] { LOOK, ADDRESS, DATA, DECODE, GIVE, INIT } state_t;

  state_t            state_q;
  logic [N_W-1:0]    count_q, want_q;       // commands in the buffer; of the burst
  logic [I_W-1:0]    next_q;                // of them, the next to be executed
  logic [2:0]        beat_q;
  wire  [I_W-1:0]    coming = I_W'(beat_q[2:1]);   // the command that a beat is of
  logic              aborted_q;             // of the command whose beats come in
  logic [127:0]      buffer_q [FETCH];
  logic [FETCH-1:0]  failed_q;
  ar_t               ar_q;
  cmd_t              cmd_q;
  logic              irq_q;
  logic [1:0]        init_q;                // what is next to be handed on

  // ---- the ring -------------------------------------------------------------------------------------

  logic [19:0]    mask, ahead, to_end, most;   // mask: of an index with its wrap flag
  logic           empty;
  logic [N_W-1:0] want;

  always_comb begin
    mask   = (20'd2 << log2) - 20'd1;
    ahead  = (prod - cons) & mask;
    to_end = (20'd1 << log2) - (cons & (mask >> 1));
    most   = ahead < to_end ? ahead : to_end;
    empty  = ahead == '0;
    want   = most > 20'(FETCH) ? N_W'(FETCH) : most[N_W-1:0];
  end

  // ---- decoding -------------------------------------------------------------------------------------

  logic [127:0] word;
  logic         illegal, nothing, irq;
  cmd_t         decoded;

  logic [7:0]  op;
  logic [63:0] addr, low, length, top;
  logic [1:0]  tg, ttl;
  logic [4:0]  num, scale;
  logic [5:0]  shift;
  logic        by_addr, reserved;

  always_comb begin
    word     = buffer_q[next_q];
    op       = word[CMD_OP_HI:CMD_OP_LO];
    illegal  = word[CMD_SSEC_LO];
    nothing  = 1'b0;
    irq      = 1'b0;
    by_addr  = 1'b0;
    decoded      = '0;
    decoded.asid = word[CMD_ASID_HI:CMD_ASID_LO];
    decoded.vmid = word[CMD_VMID_HI:CMD_VMID_LO];
    low      = (64'd2 << word[CMD_RANGE_HI:CMD_RANGE_LO]) - 64'd1;
    case (op)
      8'(CMD_PREFETCH_CONFIG), 8'(CMD_PREFETCH_ADDR): nothing = 1'b1;
      8'(CMD_CFGI_STE), 8'(CMD_CFGI_CD), 8'(CMD_CFGI_CD_ALL): begin
        decoded.kind      = INV_CONFIG;
        decoded.sid_first = word[CMD_SID_HI:CMD_SID_LO];
        decoded.sid_last  = word[CMD_SID_HI:CMD_SID_LO];
        decoded.leaf      = word[CMD_LEAF_LO] && op != 8'(CMD_CFGI_CD_ALL);
      end
      8'(CMD_CFGI_STE_RANGE): begin
        decoded.kind      = INV_CONFIG;
        decoded.sid_first = word[CMD_SID_HI:CMD_SID_LO] & ~low[31:0];
        decoded.sid_last  = word[CMD_SID_HI:CMD_SID_LO] | low[31:0];
      end
      8'(CMD_TLBI_NH_ALL):    decoded.kind = INV_VMID_S1;
      8'(CMD_TLBI_NH_ASID):   decoded.kind = INV_ASID;
      8'(CMD_TLBI_NH_VA):     begin decoded.kind = INV_VA;  by_addr = 1'b1; end
      8'(CMD_TLBI_NH_VAA):    begin decoded.kind = INV_VAA; by_addr = 1'b1; end
      8'(CMD_TLBI_S2_IPA):    begin decoded.kind = INV_IPA; by_addr = 1'b1; end
      8'(CMD_TLBI_S12_VMALL): decoded.kind = INV_VMID;
      8'(CMD_TLBI_NSNH_ALL):  decoded.kind = INV_ALL;
      8'(CMD_SYNC): begin
        decoded.kind = INV_SYNC;
        illegal      = illegal || word[CMD_CS_HI:CMD_CS_LO] == 2'd3;
        irq          = word[CMD_CS_HI:CMD_CS_LO] == 2'd1;
      end
      default: illegal = 1'b1;
    endcase
    if (decoded.kind != INV_VA && decoded.kind != INV_ASID) decoded.asid = '0;
    if (!(decoded.kind inside {INV_VMID_S1, INV_ASID, INV_VA, INV_VAA, INV_IPA, INV_VMID})) decoded.vmid = '0;
    // Addresses.  [SMMUv3 4.4.1.1]
    addr     = {word[CMD_ADDR_HI:CMD_ADDR_LO], 12'h0};
    tg       = word[CMD_TG_HI:CMD_TG_LO];
    ttl      = word[CMD_TTL_HI:CMD_TTL_LO];
    num      = word[CMD_NUM_HI:CMD_NUM_LO];
    scale    = word[CMD_SCALE_LO+4:CMD_SCALE_LO];
    shift    = {1'b0, scale} + 6'd10 + {3'b0, tg, 1'b0};
    length   = (64'(num) + 64'd1) << shift;
    top      = addr + length - 64'd1;
    reserved = tg != '0 && num == '0 && scale == '0 && (ttl == '0 || (tg == 2'd2 && ttl == 2'd1));
    if (by_addr) begin
      decoded.leaf  = word[CMD_LEAF_LO];
      decoded.first = addr;
      decoded.last  = tg == '0 ? addr | 64'hfff : top < addr ? '1 : top;
      illegal       = illegal || reserved;
    end
  end

  // ---- states ---------------------------------------------------------------------------------------

  logic failed, take, last_one;

  assign failed   = failed_q[next_q];
  assign take     = state_q == DECODE && run && N_W'(next_q) < count_q;
  assign last_one = N_W'(next_q) + 1'b1 == count_q;
  assign stop     = take && (failed || illegal);
  assign error    = failed ? ABORTED : ILLEGAL;
  assign step     = (take && !stop && nothing) || (state_q == GIVE && cmd_ready);
  assign sync_irq = state_q == GIVE && cmd_ready && irq_q;
  assign idle     = state_q inside {LOOK, DECODE, INIT};
  assign quiet    = state_q == LOOK && !(run && !empty) && !init_start;

  assign cmd_valid = state_q == GIVE || state_q == INIT;
  assign ar_valid  = state_q == ADDRESS;
  assign ar        = ar_q;
  assign r_ready   = 1'b1;

  always_comb begin
    cmd = cmd_q;
    if (state_q == INIT) begin
      cmd          = '0;
      cmd.kind     = init_q == 2'd0 ? INV_CONFIG : init_q == 2'd1 ? INV_ALL : INV_SYNC;
      cmd.sid_last = init_q == 2'd0 ? '1 : '0;
    end
    if (!cmd_valid) cmd = '0;
  end

  assign init_done = state_q == INIT && init_q == 2'd2 && cmd_ready;

  always_ff @(posedge clk)
    if (!rst_n) begin
      state_q   <= LOOK;
      count_q   <= '0;
      want_q    <= '0;
      next_q    <= '0;
      beat_q    <= '0;
      aborted_q <= 1'b0;
      failed_q  <= '0;
      ar_q      <= '0;
      cmd_q     <= '0;
      irq_q     <= 1'b0;
      init_q    <= '0;
    end else begin
      case (state_q)
        LOOK: begin
          next_q  <= '0;
          beat_q  <= '0;
          count_q <= '0;
          init_q  <= '0;
          if (init_start) begin
            state_q <= INIT;
          end else if (run && !empty) begin
            state_q <= ADDRESS;
            want_q  <= want;
            ar_q    <= '{id: '0, addr: base + {24'h0, cons & (mask >> 1), 4'h0}, len: 3'({want, 1'b0} - 1'b1)};
          end
        end
        ADDRESS:
          if (ar_ready) state_q <= DATA;
        DATA:
          if (r_valid) begin
            beat_q    <= beat_q + 3'd1;
            aborted_q <= beat_q[0] ? 1'b0 : r.err;
            if (beat_q[0]) failed_q[coming] <= aborted_q || r.err;
            if (r.last) begin
              state_q <= DECODE;
              count_q <= want_q;
            end
          end
        DECODE:
          if (!take || stop) begin
            state_q <= LOOK;
          end else if (nothing) begin
            next_q  <= next_q + 1'b1;
            if (last_one) state_q <= LOOK;
          end else begin
            state_q <= GIVE;
            cmd_q   <= decoded;
            irq_q   <= irq;
          end
        GIVE:
          if (cmd_ready) begin
            next_q  <= next_q + 1'b1;
            state_q <= last_one ? LOOK : DECODE;
          end
        INIT:
          if (cmd_ready) begin
            init_q <= init_q + 2'd1;
            if (init_q == 2'd2) state_q <= LOOK;
          end
        default: state_q <= LOOK;
      endcase
    end

  // Not reset: a command is decoded when its beats have come.
  always_ff @(posedge clk)
    if (state_q == DATA && r_valid) begin
      if (beat_q[0]) buffer_q[coming][127:64] <= r.data;
      else           buffer_q[coming][63:0]   <= r.data;
    end

  // ---- what must hold -------------------------------------------------------------------------------

  wire unused = &{1'b0, r.id, low[63:32], word[127:0]};

  ar_stable:   assert property (@(posedge clk) disable iff (!rst_n) ar_valid && !ar_ready |=> ar_valid && $stable(ar));
  cmd_stable:  assert property (@(posedge clk) disable iff (!rst_n) cmd_valid && !cmd_ready |=> cmd_valid && $stable(cmd));
  burst_ends:  assert property (@(posedge clk) disable iff (!rst_n)
                                state_q == DATA && r_valid |-> r.last == ({1'b0, beat_q} + 4'd1 == 4'({want_q, 1'b0})));
  stops:       assert property (@(posedge clk) disable iff (!rst_n) stop |=> state_q == LOOK);
  r_expected:  assert property (@(posedge clk) disable iff (!rst_n) r_valid |-> state_q == DATA);
  known_state: assert property (@(posedge clk) disable iff (!rst_n) state_q <= INIT);
  wrap:        cover property (@(posedge clk) disable iff (!rst_n) step && (cons & (mask >> 1)) == (mask >> 1));
  in_a_batch:  cover property (@(posedge clk) disable iff (!rst_n) stop && next_q != '0 && !failed);
  read_abort:  cover property (@(posedge clk) disable iff (!rst_n) stop && failed);
  turned_off:  cover property (@(posedge clk) disable iff (!rst_n) state_q == DECODE && !run);
  sync_waits:  cover property (@(posedge clk) disable iff (!rst_n) cmd_valid && cmd.kind == INV_SYNC && !cmd_ready);

endmodule
