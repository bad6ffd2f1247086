package post

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/openjpki/jpki/internal/fault"
)

// MaxEncoded is the greatest size of an encoded batch, and of its encoded receipts, in bytes.
const MaxEncoded = MaxBatchSize/3*4 + MaxBatch*512

// A batch on its way, member by member. Sender and receiver do not stand in it: the carrier knows them.
type (
	wireBatch struct {
		Version  int           `json:"v"`
		Messages []wireMessage `json:"messages"`
	}
	wireMessage struct {
		Topic    Topic  `json:"topic"`
		Seq      int64  `json:"seq"`
		After    int64  `json:"after"`
		Again    bool   `json:"again"`
		Kind     string `json:"kind"`
		Version  int    `json:"version"`
		Operator string `json:"operator"`
		Written  int64  `json:"written"`
		Body     []byte `json:"body"`
	}
	wireReceipts struct {
		Version  int           `json:"v"`
		Receipts []wireReceipt `json:"receipts"`
	}
	wireReceipt struct {
		Topic   Topic   `json:"topic"`
		Seq     int64   `json:"seq"`
		Outcome Outcome `json:"outcome"`
		Reason  string  `json:"reason"`
	}
)

// EncodeBatch returns the one encoding of a batch, for carriers that leave the process: a line of JSON, version 1.
func EncodeBatch(batch []Message) ([]byte, error) {
	w := wireBatch{Version: 1, Messages: make([]wireMessage, 0, len(batch))}
	for _, m := range batch {
		w.Messages = append(w.Messages, wireMessage{
			Topic: m.Topic, Seq: m.Seq, After: m.After, Again: m.Again, Kind: m.Kind.Name, Version: m.Kind.Version,
			Operator: m.Operator, Written: m.Written.Unix(), Body: m.Body,
		})
	}
	return json.Marshal(w)
}

// DecodeBatch reads what [EncodeBatch] returns; the carrier says between whom. Everything else is the fault
// "post.batch_invalid", or that of the letter.
func DecodeBatch(data []byte, from, to Address) ([]Message, error) {
	var w wireBatch
	if err := decode(data, &w); err != nil || w.Version != 1 || len(w.Messages) > MaxBatch {
		return nil, fault.New(fault.Invalid, "post.batch_invalid")
	}
	var batch []Message
	size := 0
	for _, e := range w.Messages {
		m := Message{
			From: from, Seq: e.Seq, After: e.After, Again: e.Again, Written: time.Unix(e.Written, 0).UTC(),
			Letter: Letter{To: to, Topic: e.Topic, Kind: Kind{e.Kind, e.Version}, Operator: e.Operator, Body: e.Body},
		}
		if err := m.check(); err != nil {
			return nil, err
		}
		if size += len(m.Body); size > MaxBatchSize {
			return nil, fault.New(fault.Invalid, "post.batch_invalid")
		}
		batch = append(batch, m)
	}
	return batch, nil
}

// EncodeReceipts returns the one encoding of receipts: a line of JSON, version 1.
func EncodeReceipts(receipts []Receipt) ([]byte, error) {
	w := wireReceipts{Version: 1, Receipts: make([]wireReceipt, 0, len(receipts))}
	for _, r := range receipts {
		w.Receipts = append(w.Receipts, wireReceipt(r))
	}
	return json.Marshal(w)
}

// DecodeReceipts reads what [EncodeReceipts] returns. Everything else is the fault "post.receipt_invalid".
func DecodeReceipts(data []byte) ([]Receipt, error) {
	var w wireReceipts
	if err := decode(data, &w); err != nil || w.Version != 1 || len(w.Receipts) > MaxBatch {
		return nil, fault.New(fault.Invalid, "post.receipt_invalid")
	}
	var receipts []Receipt
	for _, e := range w.Receipts {
		r := Receipt(e)
		if err := r.check(); err != nil {
			return nil, err
		}
		receipts = append(receipts, r)
	}
	return receipts, nil
}

// decode accepts only the bytes that encoding the value again gives.
func decode(data []byte, w any) error {
	if len(data) > MaxEncoded {
		return fault.New(fault.Invalid, "post.batch_invalid")
	}
	if err := json.Unmarshal(data, w); err != nil {
		return err
	}
	again, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fault.New(fault.Invalid, "post.batch_invalid")
	}
	return nil
}
