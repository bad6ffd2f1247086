package story

// Acts are the names of all acts, as Config.Step is told them, in their order.
func Acts() []string {
	var all []string
	for _, s := range steps() {
		for _, a := range s.acts {
			all = append(all, s.name+" "+a.name)
		}
	}
	return all
}
