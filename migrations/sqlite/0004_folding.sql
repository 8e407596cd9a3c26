-- Names are compared without case, however their letters are composed. What was written before is
-- folded anew by the program when it opens the file.
UPDATE class SET name_folded = '' WHERE name_folded <> '';
