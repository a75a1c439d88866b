module shipline/pause

go 1.26.0
