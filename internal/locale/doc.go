// Package locale (表示言語と和暦) turns keys, errors and dates into Japanese or
// English text for people.
//
// The catalogue is the folder catalog: text/*.json holds plain texts, and
// fault/*.json holds the explanation of each error. An entry stands under its
// key with both languages side by side, and the file is named after the first
// word of the key, so "ca.double_issue" is in fault/ca.json:
//
//	"ca.double_issue": {
//	  "ja": {"what": "…", "where": "…", "why": "…", "next": "…"},
//	  "en": {"what": "…", "where": "…", "why": "…", "next": "…"}
//	}
//
// {1}, {2}, … stand for the arguments, in any order. A test reads every file
// and every call in the source: a missing language, an empty part, a place that
// nobody fills and an argument that nobody shows make it fail.
//
// Time is UTC everywhere else. Here it is shown in the time of Japan, and dates
// with their era (元号): 明治 大正 昭和 平成 令和.
package locale
