// Package page (画面の基盤) is what every screen of the offices stands on: layouts in the design of the Digital Agency
// (デジタル庁デザインシステム, DADS), texts in Japanese and English, forms that nobody else can send, and one place that
// explains what went wrong.
//
// A page is a template and a struct. The template defines "title" and "main"; in it the dot is a [View], so that the
// struct is .Data, and $ holds what forms need:
//
//	{{define "title"}}{{text "story.title"}}{{end}}
//	{{define "main"}}
//	<form method="post">{{template "token" $}}
//	{{template "field" .Data.Number}}
//	<button class="button">{{text "page.next"}}</button></form>
//	{{end}}
//
//	story, err := page.New[Story](files, "story.html")                      // once, at the start
//	site.Handle("GET /story", func(w http.ResponseWriter, r *http.Request) error {
//		return story.Show(w, r, Story{…})
//	})
//
// A handler returns what went wrong. [Site] alone writes pages of faults, recovers from panics, and logs.
//
// # In templates
//
//	{{text "key" arg …}}                 a text of the catalogue
//	{{show .Data.Kind}}                  any value as locale.Show says it: dates with eras, kinds, a [Text]
//	{{template "day" .Data.Birth}}       a locale.Date; "time" for a time.Time
//	{{template "ruby" (furigana (text "key"))}}      a text in which ｜署名《しょめい》 gives a reading
//	{{template "token" $}}               in every form of method post
//	{{template "field" .}}               a [Field]; "choices" [Choices], "select" [Select], "day-field" [DayField]
//	{{template "steps" .}}               a [Steps]; "notice" [Notice], "rows" []Row
//	{{template "failed" .}}              an error: the act that failed, on the page of the act, see [Page.ShowFailed]
//	{{template "problems" (problems .Data.Number .Data.Kind)}}      above a form: what to correct, with links
//
// The style has classes for what is plain HTML: button (button-second, button-danger), buttons (a row of them), table in
// table-scroll, card, details, mono, glyph for names with rare characters, no-print. A paragraph has no class.
//
// # Invariants
//
//   - No page holds a text that is not in the catalogue in both languages, except data. A test reads all templates.
//   - Data are escaped by html/template for the place where they stand; nothing turns data into template.HTML.
//   - There is no inline script or style, and nothing comes from another origin. Pages work without JavaScript.
//   - What changes something comes from a form of this site (Origin, Sec-Fetch-Site) with the token of this session.
//   - Pages are kept nowhere (no-store). Style sheets have the hash of their content in their name and are kept for good.
//   - Bodies are bounded and never touch the disk.
//   - Every page and every print carries 試験環境 TEST unless [Config].Production says otherwise.
//   - The log has the pattern of a route, kinds and keys of faults and the operator's error, never what a person entered.
//
// # Limits
//
// A session names no person: it binds forms to a browser. Who the operator is, the office decides. A browser that comes from
// another site starts a new session, since the cookie is not sent along (SameSite=Strict); a form that was open before is
// then refused with an explanation.
//
// Spec: WCAG 2.2; RFC 9110 §12.5.4
package page
