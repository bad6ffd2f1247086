package pdf

import "bytes"

// ParseObject reads one object and what follows it.
func ParseObject(text []byte) (o Object, rest []byte, err error) {
	w := work(MaxWork)
	l := newLexer(bytes.NewReader(text), 0, int64(len(text)), &w)
	o = l.object(0)
	if l.err != nil {
		return nil, nil, l.err
	}
	return o, text[l.offset():], nil
}

// SetWork bounds the work for a file.
func (f *File) SetWork(n int64) { f.work = work(n) }
