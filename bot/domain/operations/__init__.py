"""Operations: what members ask for beside plain videos and images, one entry of a table each."""
