package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pdf"
)

// predict is the encoder: each row by another function.
func predict(data []byte, width, step int) []byte {
	var out []byte
	above := make([]byte, width)
	for r := 0; r*width < len(data); r++ {
		row := data[r*width : (r+1)*width]
		function := r % 5
		out = append(out, byte(function))
		for i, c := range row {
			left, corner := 0, 0
			if i >= step {
				left, corner = int(row[i-step]), int(above[i-step])
			}
			up := int(above[i])
			out = append(out, c-byte([]int{0, left, up, (left + up) / 2, nearest(left, up, corner)}[function]))
		}
		above = row
	}
	return out
}

func nearest(left, up, corner int) int {
	p, best := left+up-corner, left
	for _, n := range []int{up, corner} {
		if max(p-n, n-p) < max(p-best, best-p) {
			best = n
		}
	}
	return best
}

func TestPredictors(t *testing.T) {
	f := open(t, read(t, "table.pdf"))
	data := make([]byte, 6*50)
	for i := range data {
		data[i] = byte(i * i * 7)
	}
	for _, colors := range []int{1, 3} {
		stored := deflate(t, predict(data, 6, colors))
		parameters := pdf.Dict{"Predictor": int64(15), "Columns": int64(6 / colors), "Colors": int64(colors)}
		for _, dict := range []pdf.Dict{
			{"Filter": pdf.Name("FlateDecode"), "DecodeParms": parameters},
			{"Filter": pdf.Array{pdf.Name("FlateDecode")}, "DecodeParms": pdf.Array{parameters}},
		} {
			if got, err := f.Decode(pdf.NewStream(dict, []byte(stored))); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d colors: %v", colors, err)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	f := open(t, read(t, "table.pdf"))
	flate := pdf.Name("FlateDecode")
	zeros := deflate(t, make([]byte, pdf.MaxDecoded+1))
	for name, tt := range map[string]struct {
		dict pdf.Dict
		data string
		want string
	}{
		"other filter": {pdf.Dict{"Filter": pdf.Name("LZWDecode")}, "", pdf.ErrFilter.Error()},
		"two filters":  {pdf.Dict{"Filter": pdf.Array{flate, flate}}, "", "2 filters"},
		"other file":   {pdf.Dict{"F": pdf.String("x")}, "", "another file"},
		"predictor":    {pdf.Dict{"Filter": flate, "DecodeParms": pdf.Dict{"Predictor": int64(2)}}, deflate(t, nil), "predictor 2"},
		"cut rows":     {pdf.Dict{"Filter": flate, "DecodeParms": pdf.Dict{"Predictor": int64(12), "Columns": int64(4)}}, deflate(t, []byte("abc")), "cut"},
		"row":          {pdf.Dict{"Filter": flate, "DecodeParms": pdf.Dict{"Predictor": int64(12)}}, deflate(t, []byte{9, 0}), "row is 9"},
		"damaged":      {pdf.Dict{"Filter": flate}, deflate(t, []byte("abc"))[:6], "decompressing"},
		"no zlib":      {pdf.Dict{"Filter": flate}, "abc", "decompressing"},
		"bomb":         {pdf.Dict{"Filter": flate}, zeros, "more than"},
	} {
		if _, err := f.Decode(pdf.NewStream(tt.dict, []byte(tt.data))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// Cross-reference streams and object streams that are not as they should be.
func TestDamagedStreams(t *testing.T) {
	build := func(xref, data, packed string) []byte {
		b := minimal()
		b.stream(5, "/Type/ObjStm/N 1/First 4", packed)
		start := b.Len()
		lines := line(0, 0, 65535) + line(1, b.offsets[1], 0) + line(1, b.offsets[2], 0) + line(1, b.offsets[3], 0) + line(2, 5, 0) + line(1, b.offsets[5], 0) + line(1, start, 0)
		if data != "" {
			lines = data
		}
		b.stream(6, "/Type/XRef/Root 1 0 R/Info 4 0 R"+xref, lines)
		fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", start)
		return b.Bytes()
	}
	const layout, packed = "/W[1 4 2]/Size 7", "4 0 (x)"
	if f := open(t, build(layout, "", packed)); second(f.Resolve(f.Trailer()["Info"])) != nil {
		t.Fatal("the file without damage is refused")
	}
	for name, tt := range map[string]struct{ xref, data, packed, want string }{
		"no widths":        {"/Size 7", "", packed, "malformed /W"},
		"wide":             {"/W[1 9 2]/Size 7", "", packed, "malformed /W"},
		"nothing":          {"/W[0 0 0]/Size 7", "", packed, "malformed /W"},
		"index":            {"/W[1 4 2]/Size 7/Index[0]", "", packed, "malformed /W"},
		"short":            {layout, line(0, 0, 0), packed, "shorter"},
		"twice":            {"/W[1 4 2]/Size 7/Index[0 1 0 1]", "", packed, "two entries"},
		"filter":           {layout + "/Filter/LZWDecode", "", packed, "not known"},
		"other number":     {layout, "", "3 0 (x)", "not where it should be"},
		"beyond":           {layout, "", "4 9 (x)", "file ends"},
		"no object stream": {"/W[1 4 2]/Size 7/Index[4 1 1 1]", line(2, 1, 0) + line(1, 9, 0), packed, "no object stream"},
		"missing":          {"/W[1 4 2]/Size 7/Index[4 1]", line(2, 5, 0), packed, "object stream is missing"},
		"in itself":        {"/W[1 4 2]/Size 7/Index[4 2]", line(2, 5, 0) + line(2, 5, 0), packed, "object stream is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			content := build(tt.xref, tt.data, tt.packed)
			f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
			if err == nil {
				err = second(f.Resolve(f.Trailer()["Info"]))
			}
			if _, ok := errors.AsType[*pdf.SyntaxError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}
