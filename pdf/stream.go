package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// ErrFilter says that a stream is stored in a way that is not read here.
var ErrFilter = errors.New("filter of the stream is not known")

// Decode returns the bytes of a stream, at most [MaxDecoded]. It knows FlateDecode, with and without PNG predictors. The
// error wraps [ErrFilter] for all other filters.
//
// Spec: ISO 32000-1 §7.4
func (f *File) Decode(s *Stream) ([]byte, error) {
	filter, err := f.Resolve(s.Dict["Filter"])
	if err != nil {
		return nil, err
	}
	parameters, err := f.Resolve(s.Dict["DecodeParms"])
	if err != nil {
		return nil, err
	}
	return decode(s, filter, parameters, &f.work)
}

// decode undoes the one filter there is; an array of one is the same.
func decode(s *Stream, filter, parameters Object, w *work) ([]byte, error) {
	if list, ok := filter.(Array); ok {
		if len(list) > 1 {
			return nil, fmt.Errorf("%d filters: %w", len(list), ErrFilter)
		}
		filter = first(list)
		if list, ok := parameters.(Array); ok {
			parameters = first(list)
		}
	}
	if s.Dict["F"] != nil {
		return nil, fmt.Errorf("data in another file: %w", ErrFilter)
	}
	switch filter {
	case nil:
		return readAll(io.NewSectionReader(s.Raw, 0, s.Raw.Size()), w)
	case Name("FlateDecode"):
	default:
		return nil, ErrFilter
	}
	if err := w.spend(s.Raw.Size()); err != nil {
		return nil, err
	}
	z, err := zlib.NewReader(io.NewSectionReader(s.Raw, 0, s.Raw.Size()))
	if err != nil {
		return nil, fmt.Errorf("decompressing stream: %w", err)
	}
	data, err := readAll(z, w)
	if err != nil {
		return nil, fmt.Errorf("decompressing stream: %w", err)
	}
	d, _ := parameters.(Dict)
	return unpredict(data, d)
}

func first(list Array) Object {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func readAll(r io.Reader, w *work) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, MaxDecoded+1))
	if err != nil {
		return nil, err
	}
	if n > MaxDecoded {
		return nil, fmt.Errorf("stream of more than %d bytes", MaxDecoded)
	}
	return b.Bytes(), w.spend(n)
}

// unpredict undoes a PNG predictor. Each row names the function by which it was predicted.
//
// Spec: ISO 32000-1 §7.4.4.4
func unpredict(data []byte, parameters Dict) ([]byte, error) {
	predictor := number(parameters, "Predictor", 1)
	if predictor == 1 {
		return data, nil
	}
	columns, colors, bits := number(parameters, "Columns", 1), number(parameters, "Colors", 1), number(parameters, "BitsPerComponent", 8)
	if predictor < 10 || predictor > 15 || columns < 1 || columns > 1<<20 || colors < 1 || colors > 32 || bits < 1 || bits > 16 {
		return nil, fmt.Errorf("predictor %d of %d columns: %w", predictor, columns, ErrFilter)
	}
	width, step := int((columns*colors*bits+7)/8), int(max(1, colors*bits/8))
	if len(data)%(width+1) != 0 {
		return nil, errors.New("rows of a predictor are cut")
	}
	out := make([]byte, 0, len(data))
	above := make([]byte, width)
	for ; len(data) > 0; data = data[width+1:] {
		row := data[1 : width+1]
		if !unpredictRow(data[0], row, above, step) {
			return nil, fmt.Errorf("predictor of a row is %d", data[0])
		}
		out, above = append(out, row...), row
	}
	return out, nil
}

func number(d Dict, key Name, missing int64) int64 {
	if n, ok := d[key].(int64); ok {
		return n
	}
	return missing
}

// unpredictRow adds to each byte what was predicted for it, from the byte a pixel before, the one above, or both.
func unpredictRow(function byte, row, above []byte, step int) bool {
	for i := range row {
		var left, corner byte
		if i >= step {
			left, corner = row[i-step], above[i-step]
		}
		switch function {
		case 0:
		case 1:
			row[i] += left
		case 2:
			row[i] += above[i]
		case 3:
			row[i] += byte((int(left) + int(above[i])) / 2)
		case 4:
			row[i] += paeth(int(left), int(above[i]), int(corner))
		default:
			return false
		}
	}
	return true
}

// paeth returns the neighbour that is closest to left + above - corner.
func paeth(left, above, corner int) byte {
	p := left + above - corner
	a, b, c := abs(p-left), abs(p-above), abs(p-corner)
	switch {
	case a <= b && a <= c:
		return byte(left)
	case b <= c:
		return byte(above)
	}
	return byte(corner)
}

func abs(n int) int { return max(n, -n) }
